using Cairn.Functions.Answers;
using Cairn.Functions.Problems;
using Cairn.Functions.Routing;
using Cairn.Functions.Tokens;
using Cairn.Query;
using Cairn.Snapshots;

namespace Cairn.Functions.Endpoints;

/// <summary>GET …/concepts/{id}/neighbors</summary>
internal static class NeighborEndpoint
{
    private const string AssociationFields = "associationFields";

    public static readonly Route[] Routes =
    [
        new("GET", "/v1/spaces/{space}/concepts/{id}/neighbors", GetAsync) { Takes = [.. Paging.Takes, AssociationFields, "direction", "type*", "label*", "where"] },
    ];

    private static async Task GetAsync(Call call)
    {
        var target = new ConceptTarget(call.ConceptId());
        var direction = (Direction)call.Query.Word("direction", "both", "out", "in");
        var (types, labels) = (call.Query.All("type"), call.Query.All("label"));
        var fields = FieldSelection.Parse(call.Query["fields"], Fields.OfConcept);
        var associationFields = FieldSelection.Parse(call.Query[AssociationFields], Fields.OfAssociation, AssociationFields);
        var limit = Paging.Limit(call);
        var where = Paging.Where(call);
        var reading = await Reading.OpenAsync(call);
        var row = Liveness.RequireEnd(reading, target.Id, why => ProblemException.Of(ProblemKinds.UnknownConcept, why));
        var query = () => ListCursor.QueryOf(
            [
                "neighbors", Convert.ToHexString(target.Id), direction.ToString(),
                .. Paging.Canonical("type", types), .. Paging.Canonical("label", labels), .. Paging.Canonical(where), .. Paging.Canonical(reading),
            ]);
        var scan = new NeighborQuery
        {
            Concept = row,
            Now = reading.Now,
            ValidAt = reading.ValidAt,
            Direction = direction,
            Types = CodeFilter.OfTypes(reading.Snapshot, types),
            Labels = CodeFilter.OfLabels(reading.Snapshot, labels),
            Where = where,
            Limit = limit,
            After = Paging.After(call, reading, query),
        }.Start(reading.Snapshot);

        // Most concepts have few neighbours: they are answered at once. A hub's, behind the first slice, take turns with other queries.
        var page = scan.Step() ? await reading.RunAsync(call, scan) : scan.Result;
        await Paging.AnswerAsync(call, page.Items, Paging.Cursor(reading, query, page.Next), (answer, edge) => Write(answer, reading, edge, fields, associationFields));
    }

    private static void Write(JsonAnswer answer, Reading reading, NeighborEdge edge, FieldSelection fields, FieldSelection associationFields)
    {
        var (json, snapshot) = (answer.Json, reading.Snapshot);
        json.WriteStartObject();
        json.WriteString("direction"u8, edge.Outgoing ? "out"u8 : "in"u8);
        json.WritePropertyName("association"u8);
        AssociationJson.Write(json, snapshot, snapshot.Association(edge.Association), associationFields, reading.Now);
        json.WritePropertyName("concept"u8);
        var neighbor = snapshot.Concept(edge.Neighbor);
        if (neighbor.IsImplied)
        {
            ConceptJson.WriteImplied(json, neighbor);
        }
        else
        {
            ConceptJson.Write(json, neighbor, fields, reading.Now);
        }

        json.WriteEndObject();
    }
}
