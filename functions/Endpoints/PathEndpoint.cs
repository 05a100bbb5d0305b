using Cairn.Functions.Answers;
using Cairn.Functions.Json;
using Cairn.Functions.Problems;
using Cairn.Functions.Requests;
using Cairn.Functions.Routing;
using Cairn.Query;
using Cairn.Snapshots;

namespace Cairn.Functions.Endpoints;

/// <summary>POST …/paths</summary>
internal static class PathEndpoint
{
    public static readonly Route[] Routes = [new("POST", "/v1/spaces/{space}/paths", PostAsync) { Takes = Reading.Takes }];

    private static async Task PostAsync(Call call)
    {
        using var body = await RequestBody.ReadJsonAsync(call);
        using var encoder = call.Service.Encoders.Rent();
        var request = PathRequest.Read(encoder.Tape.Parse(body.Text));
        var reading = await Reading.OpenAsync(call);
        var result = await FindAsync(call, reading, request);
        using var answer = JsonAnswer.Rent();
        answer.Json.WriteStartObject();
        answer.Json.WriteStartArray("paths"u8);
        foreach (var path in result.Paths)
        {
            WritePath(answer, reading, path);
            await answer.FlushIfLargeAsync(call.Response, call.Aborted);
        }

        answer.Json.WriteEndArray();
        answer.Json.WriteNumber("expanded"u8, result.Expanded);
        answer.Json.WriteBoolean("truncated"u8, result.Truncated);
        answer.Json.WriteEndObject();
        await answer.SendAsync(call.Response, StatusCodes.Status200OK, call.Aborted);
    }

    /// <summary>Searches. What was found until the deadline is the answer.</summary>
    public static async ValueTask<PathResult> FindAsync(Call call, Reading reading, PathRequest request)
    {
        var deadline = reading.Deadline ?? call.Service.Searches.NewDeadline();
        var query = new PathQuery
        {
            From = RowOf(reading, request.From),
            To = RowOf(reading, request.To),
            Now = reading.Now,
            ValidAt = reading.ValidAt,
            Mode = request.Mode,
            Direction = request.Direction,
            Types = CodeFilter.OfTypes(reading.Snapshot, request.Types),
            MaxDepth = request.MaxDepth,
            Limit = request.Limit,
            Deadline = deadline,
        };
        if (query is { Mode: PathMode.Shortest, Limit: 1 })
        {
            return query.Run(reading.Snapshot, call.Aborted);
        }

        using var place = await call.Service.Searches.EnterAsync(reading.Record.Name, deadline, call.Aborted);
        return query.Run(reading.Snapshot, call.Aborted);
    }

    private static int RowOf(Reading reading, JsonNode id) =>
        Liveness.RequireEnd(reading, id.Text, why => id.Refuse(why, ProblemKinds.UnknownConcept));

    private static void WritePath(JsonAnswer answer, Reading reading, ConceptPath path)
    {
        var (json, snapshot) = (answer.Json, reading.Snapshot);
        json.WriteStartObject();
        json.WriteStartArray("concepts"u8);
        foreach (var row in path.Concepts)
        {
            json.WriteStringValue(snapshot.Concept(row).Id);
        }

        json.WriteEndArray();
        json.WriteStartArray("associations"u8);
        foreach (var row in path.Associations)
        {
            AssociationJson.Write(json, snapshot, snapshot.Association(row), FieldSelection.Default, reading.Now);
        }

        json.WriteEndArray();
        json.WriteNumber("length"u8, path.Length);
        json.WritePropertyName("score"u8);
        ValueJson.WriteFloat(json, path.Score);
        json.WriteEndObject();
    }
}
