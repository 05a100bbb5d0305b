using System.Text;
using Cairn.Functions.Answers;
using Cairn.Functions.Routing;
using Cairn.Model;
using Cairn.Query.Schemas;

namespace Cairn.Functions.Endpoints;

/// <summary>GET …/schema: what labels, types and attributes there are.</summary>
internal static class SchemaEndpoint
{
    public static readonly Route[] Routes = [new("GET", "/v1/spaces/{space}/schema", GetAsync) { Takes = Reading.Takes }];

    // By ValueKind.
    private static readonly byte[][] Kinds = Array.ConvertAll(
        ["null", "bool", "int64", "float64", "string", "datetime", "bytes", "array", "object"], static kind => Encoding.ASCII.GetBytes(kind));

    private static async Task GetAsync(Call call)
    {
        var reading = await Reading.OpenAsync(call);
        var schema = await reading.RunAsync(call, new SchemaQuery { Now = reading.Now, ValidAt = reading.ValidAt }.Start(reading.Snapshot));
        using var answer = JsonAnswer.Rent();
        answer.Json.WriteStartObject();
        answer.Json.WriteStartArray("labels"u8);
        await WriteAsync(call, answer, schema.Labels, Write);
        answer.Json.WriteStartArray("associationTypes"u8);
        await WriteAsync(call, answer, schema.AssociationTypes, Write);
        answer.Json.WriteStartArray("attributes"u8);
        await WriteAsync(call, answer, schema.Attributes, Write);
        answer.Json.WriteStartArray("associationAttributes"u8);
        await WriteAsync(call, answer, schema.AssociationAttributes, Write);
        answer.Json.WriteBoolean("truncated"u8, schema.IsTruncated);
        answer.Json.WriteEndObject();
        await answer.SendAsync(call.Response, StatusCodes.Status200OK, call.Aborted);
    }

    private static async ValueTask WriteAsync<T>(Call call, JsonAnswer answer, IReadOnlyList<T> items, Action<JsonWriter, T> write)
    {
        foreach (var item in items)
        {
            write(answer.Json, item);
            await answer.FlushIfLargeAsync(call.Response, call.Aborted);
        }

        answer.Json.WriteEndArray();
    }

    private static void Write(JsonWriter json, NameCount name)
    {
        json.WriteStartObject();
        json.WriteString("name"u8, name.Name.Span);
        json.WriteNumber("count"u8, name.Count);
        json.WriteEndObject();
    }

    private static void Write(JsonWriter json, AttributeTypes attribute)
    {
        json.WriteStartObject();
        json.WriteString("name"u8, attribute.Name.Span);
        json.WriteStartObject("types"u8);
        for (var kind = ValueKind.Null; kind <= ValueKind.Object; kind++)
        {
            if (attribute.Counts[(int)kind] > 0)
            {
                json.WriteNumber(Kinds[(int)kind], attribute.Counts[(int)kind]);
            }
        }

        json.WriteEndObject();
        json.WriteEndObject();
    }
}
