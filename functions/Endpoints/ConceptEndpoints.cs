using Cairn.Functions.Answers;
using Cairn.Functions.Json;
using Cairn.Functions.Requests;
using Cairn.Functions.Routing;
using Cairn.Model;

namespace Cairn.Functions.Endpoints;

/// <summary>…/concepts/{id}</summary>
internal static class ConceptEndpoints
{
    private const string Template = "/v1/spaces/{space}/concepts/{id}";

    public static readonly Route[] Routes =
    [
        new("PUT", Template, PutAsync),
        new("PATCH", Template, PatchAsync),
        new("GET", Template, call => SingleReads.GetAsync(call, new ConceptTarget(call.ConceptId()), Fields.OfConcept)) { Takes = SingleReads.Takes, MayLookUp = true },
        new("DELETE", Template, DeleteAsync),
    ];

    private static Task PutAsync(Call call)
    {
        var target = new ConceptTarget(call.ConceptId());
        return SingleWrites.PutAsync(call, target, (body, writer, rules) => TargetReading.WriteConcept(target.Id, body, writer, rules));
    }

    private static Task PatchAsync(Call call)
    {
        var target = new ConceptTarget(call.ConceptId());
        return SingleWrites.PutAsync(call, target, (body, writer, rules) =>
        {
            TargetReading.RequireEqualId(body.RequireObject(), target.Id);
            PatchReading.Write(target.Id, body, writer, rules);
        });
    }

    private static Task DeleteAsync(Call call)
    {
        var target = new ConceptTarget(call.ConceptId());
        return SingleWrites.DeleteAsync(call, target, writer => writer.Delete(target.Id, OnMissing.Fail));
    }
}
