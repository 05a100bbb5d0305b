using Cairn.Functions.Problems;
using Cairn.Functions.Routing;

namespace Cairn.Functions.Endpoints;

/// <summary>Routes of the contract that a later release brings: a clear refusal instead of a path that seems not to exist.</summary>
internal static class ReservedEndpoints
{
    public static readonly Route[] Routes =
    [
        Reserved("POST", "/v1/spaces/{space}/query"),
        Reserved("POST", "/v1/spaces/{space}/forks"),
    ];

    private static Route Reserved(string method, string template) => new(method, template, Refuse) { IsReserved = true };

    private static Task Refuse(Call call) => throw ProblemException.Of(ProblemKinds.NotSupported, $"{call.Route.Method} {call.Route.Template} is not in this release");
}
