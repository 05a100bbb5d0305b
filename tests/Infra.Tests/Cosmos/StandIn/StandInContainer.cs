using System.Globalization;
using System.Net;

namespace Cairn.Infra.Tests.Cosmos.StandIn;

/// <summary>The documents of one container, by id: the second level of the partition key is the id, so a pair of life and id is one document. Not thread-safe.</summary>
internal sealed class StandInContainer(OrderedDictionary<string, object?> shape, TimeProvider time)
{
    private readonly SortedDictionary<string, OrderedDictionary<string, object?>> _documents = new(StringComparer.Ordinal);
    private long _tags;

    public OrderedDictionary<string, object?> Shape => shape;

    /// <summary>Those that have not expired.</summary>
    public IEnumerable<OrderedDictionary<string, object?>> All => _documents.Values.Where(IsAlive);

    public (HttpStatusCode Status, OrderedDictionary<string, object?>? Document) Read(string key, string id) =>
        Find(key, id) is { } document ? (HttpStatusCode.OK, document) : (HttpStatusCode.NotFound, null);

    public (HttpStatusCode Status, OrderedDictionary<string, object?>? Document) Create(string key, byte[] body) =>
        Find(key, IdOf(body)) is null ? Set(key, body, HttpStatusCode.Created) : (HttpStatusCode.Conflict, null);

    public (HttpStatusCode Status, OrderedDictionary<string, object?>? Document) Upsert(string key, byte[] body) =>
        Set(key, body, Find(key, IdOf(body)) is null ? HttpStatusCode.Created : HttpStatusCode.OK);

    public (HttpStatusCode Status, OrderedDictionary<string, object?>? Document) Replace(string key, string id, byte[] body, string? ifMatch) => Find(key, id) switch
    {
        null => (HttpStatusCode.NotFound, null),
        var before when ifMatch is not null && ifMatch != (string)before["_etag"]! => (HttpStatusCode.PreconditionFailed, null),
        _ => Set(key, body, HttpStatusCode.OK),
    };

    public (HttpStatusCode Status, OrderedDictionary<string, object?>? Document) Delete(string key, string id) =>
        (Find(key, id) is not null && _documents.Remove(Place(key, id)) ? HttpStatusCode.NoContent : HttpStatusCode.NotFound, null);

    private static string Place(string key, string id) => $"{key}\n{id}";

    private static string IdOf(byte[] body) => (string)StandInValue.Member(StandInValue.Parse(body), "id")!;

    private OrderedDictionary<string, object?>? Find(string key, string id) => _documents.GetValueOrDefault(Place(key, id)) is { } document && IsAlive(document) ? document : null;

    private bool IsAlive(OrderedDictionary<string, object?> document) =>
        StandInValue.Member(document, "ttl") is not double ttl || ttl < 0 || time.GetUtcNow().ToUnixTimeSeconds() < (double)document["_ts"]! + ttl;

    // What Cosmos DB refuses is refused: odd ids, a key that is not the document's, and what is too large.
    private (HttpStatusCode Status, OrderedDictionary<string, object?>? Document) Set(string key, byte[] body, HttpStatusCode done)
    {
        var document = (OrderedDictionary<string, object?>)StandInValue.Parse(body)!;
        var id = (string)document["id"]!;
        var own = System.Text.Encoding.UTF8.GetString(StandInValue.Bytes(new List<object?> { document["incarnation"], id }));
        if (id.Length is 0 or > 1023 || id.AsSpan().ContainsAny("/\\?#") || own != key)
        {
            return (HttpStatusCode.BadRequest, null);
        }

        if (body.Length > 2 * 1024 * 1024)
        {
            return (HttpStatusCode.RequestEntityTooLarge, null);
        }

        document["_rid"] = string.Create(CultureInfo.InvariantCulture, $"r{_documents.Count}");
        document["_etag"] = string.Create(CultureInfo.InvariantCulture, $"\"{++_tags}\"");
        document["_ts"] = (double)time.GetUtcNow().ToUnixTimeSeconds();
        _documents[Place(key, id)] = document;
        return (done, document);
    }
}
