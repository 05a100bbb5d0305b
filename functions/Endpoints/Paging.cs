using Cairn.Functions.Answers;
using Cairn.Functions.Routing;
using Cairn.Functions.Tokens;
using Cairn.Primitives;
using Cairn.Query;
using Cairn.Storage;

namespace Cairn.Functions.Endpoints;

/// <summary>What lists have in common.</summary>
internal static class Paging
{
    /// <summary>Parameters of every list inside a space.</summary>
    public static readonly string[] Takes = [.. Reading.Takes, "limit", "cursor", "fields"];

    public const int DefaultLimit = 50;
    public const int MaxLimit = 1000;

    /// <summary>Where the page before ended; empty: this is the first.</summary>
    /// <param name="call">The request.</param>
    /// <param name="reading">What it reads.</param>
    /// <param name="query">Its identity (<see cref="ListCursor.QueryOf"/>); most lists are short and have no cursor.</param>
    public static byte[] After(Call call, Reading reading, Func<uint> query) => After(call, reading.Record, query, ofState: reading.AsOf is not null);

    /// <summary>As the other one, before it is known what is read.</summary>
    public static byte[] After(Call call, SpaceRecord space, Func<uint> query, bool ofState) => call.Query["cursor"] is { } cursor
        ? ListCursor.Read(cursor, space.Name, space.Incarnation, query(), ofState: ofState)
        : [];

    /// <summary>A cursor behind a page; null: it was the last.</summary>
    public static string? Cursor(Reading reading, Func<uint> query, byte[]? place) =>
        place is null ? null : ListCursor.Write(
            reading.Record.Name, reading.Record.Incarnation, query(), place, reading.AsOf is null ? null : reading.Snapshot.Position);

    public static int Limit(Call call) => call.Query.Integer("limit", 1, MaxLimit, DefaultLimit);

    /// <summary>The condition on concepts; null: there is none.</summary>
    public static WhereClause? Where(Call call) => call.Query["where"] is { } text ? WhereClause.Parse(text, "where") : null;

    /// <summary>The order of concepts; null: by id.</summary>
    public static OrderBy? OrderBy(Call call) => call.Query["orderBy"] is { } text ? Query.OrderBy.Parse(text, "orderBy") : null;

    /// <summary>An order as part of a query's identity.</summary>
    public static IEnumerable<string> Canonical(OrderBy? orderBy) => orderBy is null ? [] : [$"orderBy={orderBy.Text}"];

    /// <summary>A condition as part of a query's identity.</summary>
    public static IEnumerable<string> Canonical(WhereClause? where) => where is null ? [] : [$"where={where.Text}"];

    /// <summary>The world time and the state as parts of a query's identity.</summary>
    public static IEnumerable<string> Canonical(Reading reading) => Canonical(reading.ValidAt, reading.AsOf);

    /// <summary>As the other one, before it is known what is read.</summary>
    public static IEnumerable<string> Canonical(Timestamp? validAt, AsOf? asOf) =>
    [
        .. validAt is { } at ? new[] { $"validAt={at.Microseconds}" } : [],
        .. asOf is { } state ? new[] { state.Canonical } : [],
    ];

    /// <summary>A repeatable filter as part of a query's identity: its order does not matter.</summary>
    public static IEnumerable<string> Canonical(string name, IEnumerable<string> values) =>
        values.Distinct().Order(StringComparer.Ordinal).Select(value => $"{name}={value}");

    /// <summary>Sends <c>{"items":[…],"cursor":…}</c>, in pieces if it is long.</summary>
    /// <param name="call">The request.</param>
    /// <param name="items">The page.</param>
    /// <param name="cursor">Where the list goes on; null: it is at its end.</param>
    /// <param name="write">Writes an item.</param>
    /// <param name="count">All that match, as <c>"count"</c>; null: without it.</param>
    public static async Task AnswerAsync<T>(Call call, IReadOnlyList<T> items, string? cursor, Action<JsonAnswer, T> write, long? count = null)
    {
        using var answer = JsonAnswer.Rent();
        answer.Json.WriteStartObject();
        answer.Json.WriteStartArray("items"u8);
        foreach (var item in items)
        {
            write(answer, item);
            await answer.FlushIfLargeAsync(call.Response, call.Aborted);
        }

        answer.Json.WriteEndArray();
        WriteCursor(answer.Json, cursor);
        if (count is { } all)
        {
            answer.Json.WriteNumber("count"u8, all);
        }

        answer.Json.WriteEndObject();
        await answer.SendAsync(call.Response, StatusCodes.Status200OK, call.Aborted);
    }

    /// <summary>Where the list goes on; null: it is at its end.</summary>
    public static void WriteCursor(JsonWriter json, string? cursor)
    {
        if (cursor is null)
        {
            json.WriteNull("cursor"u8);
        }
        else
        {
            json.WriteString("cursor"u8, cursor);
        }
    }
}
