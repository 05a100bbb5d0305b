using System.Text;
using Cairn.Functions.Answers;
using Cairn.Functions.Lookups;
using Cairn.Functions.Routing;
using Cairn.Functions.Tokens;
using Cairn.Model;
using Cairn.Primitives;
using Cairn.Query;
using Cairn.Snapshots;

namespace Cairn.Functions.Endpoints;

/// <summary>GET …/concepts and GET …/associations</summary>
internal static class ListEndpoints
{
    public static readonly Route[] Routes =
    [
        new("GET", "/v1/spaces/{space}/concepts", GetConceptsAsync) { Takes = [.. Paging.Takes, "label*", "where", "orderBy", "count"], MayLookUp = true },
        new("GET", "/v1/spaces/{space}/associations", GetAssociationsAsync) { Takes = [.. Paging.Takes, "source", "type*", "target"] },
    ];

    private static async Task GetConceptsAsync(Call call)
    {
        var labels = call.Query.All("label");
        var fields = FieldSelection.Parse(call.Query["fields"], Fields.OfConcept);
        var limit = Paging.Limit(call);
        var where = Paging.Where(call);
        var orderBy = Paging.OrderBy(call);
        var counts = call.Query.Word("count", "false", "true") == 1;
        uint QueryOf(Timestamp? validAt, AsOf? asOf) => ListCursor.QueryOf(
            ["concepts", .. Paging.Canonical("label", labels), .. Paging.Canonical(where), .. Paging.Canonical(orderBy), .. Paging.Canonical(validAt, asOf)]);
        ConceptListing ListingOf(Snapshot snapshot, Timestamp now, Timestamp? validAt, byte[] after) => new()
        {
            Now = now,
            ValidAt = validAt,
            Labels = CodeFilter.OfLabels(snapshot, labels),
            Where = where,
            OrderBy = orderBy,
            Counts = counts,
            Limit = limit,
            After = after,
        };

        // Of the whole list, in another order or counted, the index knows nothing.
        ListLookup? LookupIn(ColdSpace cold)
        {
            if (counts || orderBy is { IsById: false } || call.Query[AsOf.Parameter] is not null || !ListLookup.TryAsk(labels, where, out var condition))
            {
                return null;
            }

            var (now, validAt) = (cold.Now(call.Service.Time), Reading.AskedTime(call));
            var after = Paging.After(call, cold.Record, () => QueryOf(validAt, null), ofState: false);
            return new(condition, after, limit, snapshot => ListingOf(snapshot, now, validAt, after).Run(snapshot, call.Aborted));
        }

        var reading = await Reading.OpenAsync(call, call.Cold is { } cold ? LookupIn(cold) : null);
        var query = () => QueryOf(reading.ValidAt, reading.AsOf);
        var listing = ListingOf(reading.Snapshot, reading.Now, reading.ValidAt, Paging.After(call, reading, query));
        var page = await reading.RunAsync(call, listing.Start(reading.Snapshot));
        await Paging.AnswerAsync(
            call,
            page.Items,
            Paging.Cursor(reading, query, page.Next),
            (answer, row) => ConceptJson.Write(answer.Json, reading.Snapshot.Concept(row), fields, reading.Now),
            page.Count);
    }

    private static async Task GetAssociationsAsync(Call call)
    {
        var (source, target) = (End(call, "source"), End(call, "target"));
        var types = call.Query.All("type");
        var fields = FieldSelection.Parse(call.Query["fields"], Fields.OfAssociation);
        var limit = Paging.Limit(call);
        var reading = await Reading.OpenAsync(call);
        var query = () => ListCursor.QueryOf(["associations", $"source={Hex(source)}", $"target={Hex(target)}", .. Paging.Canonical("type", types), .. Paging.Canonical(reading)]);
        var listing = new AssociationListing
        {
            Now = reading.Now,
            ValidAt = reading.ValidAt,

            // An id that the space never saw is row −1, which has no associations.
            Source = source is null ? null : reading.Snapshot.FindConcept(source),
            Target = target is null ? null : reading.Snapshot.FindConcept(target),
            Types = CodeFilter.OfTypes(reading.Snapshot, types),
            Limit = limit,
            After = Paging.After(call, reading, query),
        };
        var page = await reading.RunAsync(call, listing.Start(reading.Snapshot));
        await Paging.AnswerAsync(
            call,
            page.Items,
            Paging.Cursor(reading, query, page.Next),
            (answer, row) => AssociationJson.Write(answer.Json, reading.Snapshot, reading.Snapshot.Association(row), fields, reading.Now));
    }

    private static byte[]? End(Call call, string parameter) =>
        call.Query[parameter] is { } id ? PathName.Require(Encoding.UTF8.GetBytes(id), parameter, Limits.IdBytes) : null;

    private static string Hex(byte[]? id) => id is null ? "" : Convert.ToHexString(id);
}
