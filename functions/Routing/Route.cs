using Cairn.Functions.Keys;

namespace Cairn.Functions.Routing;

/// <summary>One method of one path.</summary>
/// <param name="Method">In capitals; GET serves HEAD too.</param>
/// <param name="Template">Segments behind slashes; <c>{name}</c> takes any one.</param>
/// <param name="Handle">Parses, calls the engine, answers.</param>
internal sealed record Route(string Method, string Template, Func<Call, Task> Handle)
{
    /// <summary>Names of the query parameters it takes; one that ends in <c>*</c> may come again.</summary>
    public string[] Takes { get; init; } = [];

    /// <summary>Media types of its answers; the first is the default.</summary>
    public string[] Produces { get; init; } = ["application/json"];

    /// <summary>Answered without a key, and while the process stops.</summary>
    public bool IsOpen { get; init; }

    /// <summary>While its space is not open here, the lookups index may be enough for it.</summary>
    public bool MayLookUp { get; init; }

    /// <summary>What a key must allow; the table of routes sets it (<see cref="RouteNeeds"/>).</summary>
    public Need Need { get; init; }

    /// <summary>Which segment names the space; −1: none does.</summary>
    public int SpaceSegment { get; } = Array.IndexOf(Template.Split('/'), "{space}") is > 0 and var index ? index - 1 : -1;

    /// <summary>It is about what is in a space, not about the space.</summary>
    public bool IsInsideSpace { get; } = Template.StartsWith("/v1/spaces/{space}/", StringComparison.Ordinal) || Template == "/mcp/{space}";

    /// <summary>In the contract, but not in this release: it says so, and is not in the OpenAPI document.</summary>
    public bool IsReserved { get; init; }
}
