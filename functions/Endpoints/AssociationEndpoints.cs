using System.Text;
using Cairn.Functions.Answers;
using Cairn.Functions.Requests;
using Cairn.Functions.Routing;
using Cairn.Model;

namespace Cairn.Functions.Endpoints;

/// <summary>…/associations/{source}/{type}/{target}?key=</summary>
internal static class AssociationEndpoints
{
    private const string Template = "/v1/spaces/{space}/associations/{source}/{type}/{target}";

    public static readonly Route[] Routes =
    [
        new("PUT", Template, PutAsync) { Takes = ["key"] },
        new("GET", Template, call => SingleReads.GetAsync(call, TargetOf(call), Fields.OfAssociation)) { Takes = [.. SingleReads.Takes, "key"] },
        new("DELETE", Template, DeleteAsync) { Takes = ["key"] },
    ];

    private static Task PutAsync(Call call)
    {
        var target = TargetOf(call);
        return SingleWrites.PutAsync(call, target, (body, writer, rules) => TargetReading.WriteAssociation(target.Name, body, writer, rules));
    }

    private static Task DeleteAsync(Call call)
    {
        var target = TargetOf(call);
        return SingleWrites.DeleteAsync(call, target, writer => writer.Dissociate(target.Name, OnMissing.Fail));
    }

    private static AssociationTarget TargetOf(Call call)
    {
        var key = PathName.Require(Encoding.UTF8.GetBytes(call.Query["key"] ?? ""), "key", Limits.NameBytes, mayBeEmpty: true);
        return new(call.Name("source", Limits.IdBytes), call.Name("type", Limits.NameBytes), call.Name("target", Limits.IdBytes), key);
    }
}
