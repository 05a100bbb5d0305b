using System.Text;
using Cairn.Functions.Answers;
using Cairn.Functions.Requests;
using Cairn.Functions.Routing;
using Cairn.Query;
using Cairn.Query.Aggregates;

namespace Cairn.Functions.Endpoints;

/// <summary>POST …/aggregate: counts, sums and the like of groups of concepts.</summary>
internal static class AggregateEndpoint
{
    public static readonly Route[] Routes = [new("POST", "/v1/spaces/{space}/aggregate", PostAsync) { Takes = Reading.Takes }];

    private static async Task PostAsync(Call call)
    {
        using var body = await RequestBody.ReadJsonAsync(call);
        var (aggregation, labels) = Read(call, body);
        var reading = await Reading.OpenAsync(call);
        aggregation = aggregation with { Now = reading.Now, ValidAt = reading.ValidAt, Labels = CodeFilter.OfLabels(reading.Snapshot, labels) };
        var rows = await reading.RunAsync(call, aggregation.Start(reading.Snapshot));
        var names = Array.ConvertAll([.. aggregation.Columns], NameOf);
        using var answer = JsonAnswer.Rent();
        answer.Json.WriteStartObject();
        answer.Json.WriteStartArray("rows"u8);
        for (var row = 0; row < rows.Count; row++)
        {
            WriteRow(answer.Json, rows, row, names);
            await answer.FlushIfLargeAsync(call.Response, call.Aborted);
        }

        answer.Json.WriteEndArray();
        answer.Json.WriteEndObject();
        await answer.SendAsync(call.Response, StatusCodes.Status200OK, call.Aborted);
    }

    private static (Aggregation Aggregation, List<string> Labels) Read(Call call, RequestBody body)
    {
        using var encoder = call.Service.Encoders.Rent();
        return AggregateRequest.Read(encoder.Tape.Parse(body.Text));
    }

    private static void WriteRow(JsonWriter json, AggregateRows rows, int row, byte[][] names)
    {
        json.WriteStartObject();
        for (var column = 0; column < names.Length; column++)
        {
            json.WriteChosenName(names[column]);
            ValueJson.Write(json, rows[row, column]);
        }

        json.WriteEndObject();
    }

    // As any name that callers chose: a single $ is kept for types.
    private static byte[] NameOf(string column) => Encoding.UTF8.GetBytes(column is ['$', ..] ? "$" + column : column);
}
