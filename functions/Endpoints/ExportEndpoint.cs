using Cairn.Functions.Answers;
using Cairn.Functions.Routing;
using Cairn.Snapshots;

namespace Cairn.Functions.Endpoints;

/// <summary>GET …/export: one snapshot as lines, in order of arrival, as fast as the client takes them.</summary>
internal static class ExportEndpoint
{
    public static readonly Route[] Routes =
    [
        new("GET", "/v1/spaces/{space}/export", GetAsync) { Takes = [.. Reading.Takes, "format"], Produces = [MediaTypes.NdJson] },
    ];

    private static async Task GetAsync(Call call)
    {
        var isMemory = call.Query.Word("format", "memory", "ndjson") == 0;
        var reading = await Reading.OpenAsync(call);
        call.Response.ContentType = MediaTypes.NdJson;
        using var answer = JsonAnswer.Rent();
        for (var row = 0; row < reading.Snapshot.ConceptRows; row++)
        {
            if (TryWriteConcept(answer.Json, reading, row, isMemory))
            {
                answer.Json.EndLine();
                await answer.FlushIfLargeAsync(call.Response, call.Aborted);
            }
        }

        for (var row = 0; row < reading.Snapshot.AssociationRows; row++)
        {
            if (TryWriteAssociation(answer.Json, reading, row, isMemory))
            {
                answer.Json.EndLine();
                await answer.FlushIfLargeAsync(call.Response, call.Aborted);
            }
        }

        await answer.SendAsync(call.Response, StatusCodes.Status200OK, call.Aborted, MediaTypes.NdJson);
    }

    private static bool TryWriteConcept(JsonWriter json, Reading reading, int row, bool isMemory)
    {
        var concept = reading.Snapshot.Concept(row);
        if (reading.Visibility.ShowsConcept(row))
        {
            if (isMemory)
            {
                WriteEntity(json, concept);
                return true;
            }

            json.WriteStartObject();
            json.WritePropertyName("concept"u8);
            ConceptJson.Write(json, concept, FieldSelection.Export, reading.Now);
            json.WriteEndObject();
            return true;
        }

        if (isMemory || !concept.IsImplied)
        {
            return false;
        }

        json.WriteStartObject();
        json.WriteString("implied"u8, concept.Id);
        json.WriteEndObject();
        return true;
    }

    private static bool TryWriteAssociation(JsonWriter json, Reading reading, int row, bool isMemory)
    {
        var association = reading.Snapshot.Association(row);
        if (!Liveness.ShowsWithEnds(reading.Visibility, association))
        {
            return false;
        }

        json.WriteStartObject();
        if (isMemory)
        {
            json.WriteString("type"u8, "relation"u8);
            EntityJson.WriteMembers(json, reading.Snapshot, association);
        }
        else
        {
            json.WritePropertyName("association"u8);
            AssociationJson.Write(json, reading.Snapshot, association, FieldSelection.Export, reading.Now);
        }

        json.WriteEndObject();
        return true;
    }

    private static void WriteEntity(JsonWriter json, ConceptView concept)
    {
        json.WriteStartObject();
        json.WriteString("type"u8, "entity"u8);
        EntityJson.WriteMembers(json, concept);
        json.WriteEndObject();
    }
}
