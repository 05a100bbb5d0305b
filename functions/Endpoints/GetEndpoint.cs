using Cairn.Functions.Answers;
using Cairn.Functions.Json;
using Cairn.Functions.Lookups;
using Cairn.Functions.Problems;
using Cairn.Functions.Requests;
using Cairn.Functions.Routing;
using Cairn.Model;

namespace Cairn.Functions.Endpoints;

/// <summary>POST …/get: many concepts of one snapshot, and ids that a path cannot carry safely.</summary>
internal static class GetEndpoint
{
    private const int MaxIds = 1000;

    public static readonly Route[] Routes = [new("POST", "/v1/spaces/{space}/get", PostAsync) { Takes = SingleReads.Takes, MayLookUp = true }];

    private static async Task PostAsync(Call call)
    {
        var fields = FieldSelection.Parse(call.Query["fields"], Fields.OfConcept);
        using var body = await RequestBody.ReadJsonAsync(call);
        using var encoder = call.Service.Encoders.Rent();
        var ids = IdsOf(encoder.Tape.Parse(body.Text));
        var reading = await Reading.OpenAsync(call, call.Cold is null ? null : LookupOf(ids));
        using var answer = JsonAnswer.Rent();
        answer.Json.WriteStartObject();
        answer.Json.WriteStartArray("items"u8);
        var missing = new List<JsonNode>();
        foreach (var id in ids.Items)
        {
            if (!TryWrite(answer, reading, id, fields))
            {
                missing.Add(id);
            }

            await answer.FlushIfLargeAsync(call.Response, call.Aborted);
        }

        answer.Json.WriteEndArray();
        answer.Json.WriteStartArray("missing"u8);
        missing.ForEach(id => answer.Json.WriteStringValue(id.Text));
        answer.Json.WriteEndArray();
        answer.Json.WriteEndObject();
        await answer.SendAsync(call.Response, StatusCodes.Status200OK, call.Aborted);
    }

    private static ConceptsLookup LookupOf(JsonNode ids)
    {
        var names = new List<ReadOnlyMemory<byte>>(ids.Count);
        foreach (var id in ids.Items)
        {
            names.Add(id.Text.ToArray());
        }

        return new(names);
    }

    private static bool TryWrite(JsonAnswer answer, Reading reading, JsonNode id, FieldSelection fields)
    {
        var row = reading.Snapshot.FindConcept(id.Text);
        if (row < 0 || !reading.Visibility.ShowsConcept(row))
        {
            return false;
        }

        ConceptJson.Write(answer.Json, reading.Snapshot.Concept(row), fields, reading.Now);
        return true;
    }

    private static JsonNode IdsOf(JsonNode body)
    {
        JsonNode? ids = null;
        foreach (var member in body.RequireObject().Members)
        {
            ids = member.Is("ids"u8) ? member.Value.RequireArray() : throw member.Unknown();
        }

        var list = ids ?? throw body.Refuse("ids is missing");
        if (list.Count > MaxIds)
        {
            throw list.OverLimit($"at most {MaxIds} ids", MaxIds, list.Count);
        }

        foreach (var id in list.Items)
        {
            IdReading.Require(id);
        }

        return list;
    }
}
