using System.Buffers.Binary;
using System.Globalization;
using Cairn.Functions.Answers;
using Cairn.Functions.Json;
using Cairn.Functions.Problems;
using Cairn.Functions.Requests;
using Cairn.Functions.Routing;
using Cairn.Functions.Tokens;
using Cairn.Primitives;
using Cairn.Query;
using Cairn.Query.Search;

namespace Cairn.Functions.Endpoints;

/// <summary>POST …/search: by words, by meaning and by connection, within a budget of tokens.</summary>
internal static class SearchEndpoint
{
    public static readonly Route[] Routes = [new("POST", "/v1/spaces/{space}/search", PostAsync) { Takes = [.. Reading.Takes, "cursor", "fields"] }];

    private static async Task PostAsync(Call call)
    {
        var fields = FieldSelection.Parse(call.Query["fields"], Fields.OfConcept);
        using var body = await RequestBody.ReadJsonAsync(call);
        using var encoder = call.Service.Encoders.Rent();
        var request = SearchRequest.Read(encoder.Tape.Parse(body.Text));
        var (reading, page) = await FindAsync(call, request);
        using var answer = JsonAnswer.Rent();
        answer.Json.WriteStartObject();
        answer.Json.WriteStartArray("items"u8);
        var budget = new TokenBudget(request.MaxTokens);
        var count = 0;
        while (count < page.Hits.Count && SearchJson.TryWrite(answer.Json, reading, page.Hits[count], fields, request.Explains, budget))
        {
            count++;
            await answer.FlushIfLargeAsync(call.Response, call.Aborted);
        }

        answer.Json.WriteEndArray();
        answer.Json.WriteNumber("tokens"u8, budget.Spent);
        Paging.WriteCursor(answer.Json, CursorBehind(call, reading, request, page.PlaceAfter(count)));
        answer.Json.WriteEndObject();
        await answer.SendAsync(call.Response, StatusCodes.Status200OK, call.Aborted);
    }

    /// <summary>Searches. The reading that is answered is of what was searched.</summary>
    public static async ValueTask<(Reading Reading, SearchPage Page)> FindAsync(Call call, SearchRequest request)
    {
        var reading = await Reading.OpenPinnedAsync(call);
        var after = ReadOnlyMemory<byte>.Empty;
        if (call.Query["cursor"] is { } cursor)
        {
            // The time of the first page: what had expired since, or faded, would change places.
            var place = ListCursor.Read(cursor, reading.Record.Name, reading.Record.Incarnation, IdentityOf(call, request), ofState: true);
            (after, var now) = PlaceOf(place);
            reading = reading with { Now = now };
        }

        RequireKnown(request.Query.Where, reading);
        var query = request.Query with
        {
            Now = reading.Now,
            ValidAt = reading.ValidAt,
            IsExact = reading.AsOf is not null,
            Near = request.Near.ConvertAll(id => RowOf(reading, id)),
            After = after,
        };
        query = await QueryEmbedding.CompleteAsync(call, reading, query);
        await SearchQuery.PrepareAsync(reading.Snapshot, call.Aborted);
        var page = await reading.RunAsync(call, query.Start(reading.Snapshot));
        return (await reading.AtAsync(call, page.Snapshot), page);
    }

    // A search always finds something to show, so that a misspelt name would not be noticed. Where nothing is yet, everything is still to come.
    private static void RequireKnown(WhereClause? where, Reading reading)
    {
        if (reading.Snapshot.ConceptCount > 0 && where?.FindUnknownAttribute(reading.Snapshot) is { } name)
        {
            throw CairnException.Invalid("/where", $"no concept has an attribute '{name}'");
        }
    }

    // The checksum of a cursor tells accidents, not what somebody wrote himself.
    private static (ReadOnlyMemory<byte> After, Timestamp Now) PlaceOf(byte[] place) =>
        place.Length > sizeof(long) && new Timestamp(BinaryPrimitives.ReadInt64LittleEndian(place)) is var now && now >= Timestamp.Min && now <= Timestamp.Max
        ? (place.AsMemory(sizeof(long)), now)
        : throw ProblemException.Parameter("cursor", "the cursor is not one of a search", ProblemKinds.WrongCursor);

    private static int RowOf(Reading reading, JsonNode id) =>
        Liveness.RequireEnd(reading, id.Text, why => id.Refuse(why, ProblemKinds.UnknownConcept));

    private static string? CursorBehind(Call call, Reading reading, SearchRequest request, byte[]? place)
    {
        if (place is null)
        {
            return null;
        }

        reading.Space.Keep(reading.Snapshot);
        var timed = new byte[sizeof(long) + place.Length];
        BinaryPrimitives.WriteInt64LittleEndian(timed, reading.Now.Microseconds);
        place.CopyTo(timed, sizeof(long));
        return ListCursor.Write(reading.Record.Name, reading.Record.Incarnation, IdentityOf(call, request), timed, reading.Snapshot.Position);
    }

    private static uint IdentityOf(Call call, SearchRequest request) => ListCursor.QueryOf(
        "search", request.Checksum.ToString(CultureInfo.InvariantCulture), $"validAt={call.Query["validAt"]}", $"asOf={call.Query[AsOf.Parameter]}");
}
