using System.Net;
using System.Text.Json;
using Cairn.Primitives;
using Cairn.Storage.Lookups;
using Microsoft.Azure.Cosmos;

namespace Cairn.Infra.Cosmos;

/// <summary>The lookups index in a container of Azure Cosmos DB. Safe to use from many threads and by many processes at once.</summary>
/// <remarks>
/// One document a concept, with the life of the space as the first level of its partition key and its id as the second, so that a life is asked by a prefix and none outgrows
/// a partition. A write reads which documents are there and at which positions, then creates, or replaces what is older by its tag: whoever loses looks
/// again. Nothing is asked of the service before the first use. See ADR 0027.
/// </remarks>
public sealed class CosmosLookupsIndex : ILookupsIndex
{
    private const int MaxWriteTries = 5;
    private const int IdsOfQuery = 100;
    private const int DropPage = 500;
    private const int PageBytes = 4 * 1024 * 1024;

    private readonly CosmosConnection _connection;
    private readonly TimeProvider _time;

    internal CosmosLookupsIndex(CosmosLookupsOptions options, TimeProvider time, Func<HttpClient>? http) => (_connection, _time) = (new(options, http), time);

    /// <summary>Names the container, and asks nothing of it yet.</summary>
    /// <exception cref="CairnException">Invalid: the options are wrong; the message says which.</exception>
    public static CosmosLookupsIndex Open(CosmosLookupsOptions options, TimeProvider time)
    {
        ArgumentNullException.ThrowIfNull(options);
        options.Validate();
        return new(options, time, null);
    }

    /// <inheritdoc/>
    public async ValueTask<LookupsWatermark?> FindWatermarkAsync(Incarnation life, CancellationToken cancellationToken)
    {
        var container = await _connection.ReadsAsync(cancellationToken).ConfigureAwait(false);
        using var answer = await CosmosFailure.GuardAsync(
            () => container.ReadItemStreamAsync(WatermarkJson.Id, KeyOf(life, WatermarkJson.Id), cancellationToken: cancellationToken), cancellationToken).ConfigureAwait(false);
        Count("read", answer);
        if (answer.StatusCode == HttpStatusCode.NotFound)
        {
            return null;
        }

        using var json = await ParseAsync(answer, cancellationToken).ConfigureAwait(false);
        return WatermarkJson.Read(json.RootElement, answer.Headers.ETag);
    }

    /// <inheritdoc/>
    public async ValueTask<LookupsWatermark?> TryAdvanceAsync(Incarnation life, LookupsWatermark next, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(next);
        var container = await _connection.ReadsAsync(cancellationToken).ConfigureAwait(false);
        using var bytes = new MemoryStream(WatermarkJson.Write(life, next));
        var key = KeyOf(life, WatermarkJson.Id);
        using var answer = await CosmosFailure.GuardAsync(
            () => next.Tag is { } tag
                ? container.ReplaceItemStreamAsync(bytes, WatermarkJson.Id, key, new() { IfMatchEtag = tag.Text }, cancellationToken)
                : container.CreateItemStreamAsync(bytes, key, cancellationToken: cancellationToken),
            cancellationToken).ConfigureAwait(false);
        Count("write", answer);
        return answer.IsSuccessStatusCode ? next with { Tag = new(answer.Headers.ETag) }
            : answer.StatusCode is HttpStatusCode.Conflict or HttpStatusCode.PreconditionFailed or HttpStatusCode.NotFound ? null
            : throw CosmosFailure.Of(answer);
    }

    /// <inheritdoc/>
    public async ValueTask WriteAsync(Incarnation life, IReadOnlyList<LookupDocument> documents, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(documents);
        var left = documents;
        for (var tries = 0; left.Count > 0; tries++)
        {
            if (tries == MaxWriteTries)
            {
                throw CosmosFailure.Unavailable("other processes write the same documents of the lookups index");
            }

            var there = await FindVersionsAsync(life, left, cancellationToken).ConfigureAwait(false);
            left = await WriteOlderAsync(life, left, there, cancellationToken).ConfigureAwait(false);
        }
    }

    /// <inheritdoc/>
    public async ValueTask<IReadOnlyList<LookupDocument?>> ReadAsync(Incarnation life, IReadOnlyList<ReadOnlyMemory<byte>> ids, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(ids);
        if (ids.Count == 1)
        {
            return [await ReadOneAsync(life, LookupJson.IdOf(ids[0].Span), cancellationToken).ConfigureAwait(false)];
        }

        var found = new Dictionary<string, LookupDocument>();
        foreach (var some in ids.Select(id => LookupJson.IdOf(id.Span)).Distinct().Chunk(IdsOfQuery))
        {
            await foreach (var item in QueryAsync(life, LookupSql.ById(life, some, "c.v, c.id, c.position, c.state, c.body"), cancellationToken).ConfigureAwait(false))
            {
                found[item.GetProperty("id").GetString()!] = LookupJson.Read(item);
            }
        }

        return [.. ids.Select(id => found.TryGetValue(LookupJson.IdOf(id.Span), out var document) && document.State != LookupState.Deleted ? document : null)];
    }

    /// <inheritdoc/>
    public async ValueTask<LookupsPage> QueryAsync(Incarnation life, LookupsQuery query, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(query);
        var (documents, bytes) = (new List<LookupDocument>(), 0L);
        await foreach (var item in QueryAsync(life, LookupSql.Page(life, query), cancellationToken).ConfigureAwait(false))
        {
            var document = LookupJson.Read(item);
            RequireOrder(documents.Count == 0 ? query.After : documents[^1].Id, document.Id);
            documents.Add(document);
            bytes += document.Body.Length;
            if (bytes >= PageBytes)
            {
                return new(documents, IsLast: false);
            }
        }

        return new(documents, documents.Count < query.Most);
    }

    /// <inheritdoc/>
    public async ValueTask<IReadOnlyList<Incarnation>> ListAsync(CancellationToken cancellationToken)
    {
        var lives = new List<Incarnation>();
        await foreach (var item in QueryAsync(null, LookupSql.Lives(), cancellationToken).ConfigureAwait(false))
        {
            if (Incarnation.TryParse(item.GetProperty("incarnation").GetString(), out var life))
            {
                lives.Add(life);
            }
        }

        return lives;
    }

    /// <inheritdoc/>
    public async ValueTask DropAsync(Incarnation life, CancellationToken cancellationToken)
    {
        await WriteAsync(
            life,
            WatermarkJson.Id,
            (container, key) => container.UpsertItemStreamAsync(new MemoryStream(WatermarkJson.Write(life, new() { IsDropped = true })), key, cancellationToken: cancellationToken),
            cancellationToken).ConfigureAwait(false);
        while (true)
        {
            var ids = new List<string>();
            await foreach (var item in QueryAsync(life, LookupSql.Ids(life, DropPage), cancellationToken).ConfigureAwait(false))
            {
                ids.Add(item.GetProperty("id").GetString()!);
            }

            if (ids.Count == 0)
            {
                return;
            }

            await Task.WhenAll(ids.Select(id => WriteAsync(life, id, (container, key) => container.DeleteItemStreamAsync(id, key, cancellationToken: cancellationToken), cancellationToken)))
                .ConfigureAwait(false);
        }
    }

    /// <summary>Closes the clients.</summary>
    public ValueTask DisposeAsync()
    {
        _connection.Dispose();
        return ValueTask.CompletedTask;
    }

    private static PartitionKey KeyOf(Incarnation life, string id) => new PartitionKeyBuilder().Add(life.ToString()).Add(id).Build();

    // A page that is not in order, or begins where it should not, could leave something out where the next one begins.
    private static void RequireOrder(ReadOnlyMemory<byte> before, ReadOnlyMemory<byte> next)
    {
        if (next.Span.SequenceCompareTo(before.Span) <= 0)
        {
            throw CosmosFailure.Unavailable("Cosmos DB answered documents out of order");
        }
    }

    private async Task<LookupDocument?> ReadOneAsync(Incarnation life, string id, CancellationToken cancellationToken)
    {
        var container = await _connection.ReadsAsync(cancellationToken).ConfigureAwait(false);
        using var answer = await CosmosFailure.GuardAsync(
            () => container.ReadItemStreamAsync(id, KeyOf(life, id), cancellationToken: cancellationToken), cancellationToken).ConfigureAwait(false);
        Count("read", answer);
        if (answer.StatusCode == HttpStatusCode.NotFound)
        {
            return null;
        }

        using var json = await ParseAsync(answer, cancellationToken).ConfigureAwait(false);
        return LookupJson.Read(json.RootElement) is { State: not LookupState.Deleted } document ? document : null;
    }

    private async ValueTask<Dictionary<string, (long Position, string Tag)>> FindVersionsAsync(
        Incarnation life, IReadOnlyList<LookupDocument> documents, CancellationToken cancellationToken)
    {
        var found = new Dictionary<string, (long, string)>();
        foreach (var some in documents.Select(document => LookupJson.IdOf(document.Id.Span)).Distinct().Chunk(IdsOfQuery))
        {
            await foreach (var item in QueryAsync(life, LookupSql.ById(life, some, "c.id, c.position, c._etag"), cancellationToken).ConfigureAwait(false))
            {
                found[item.GetProperty("id").GetString()!] = (item.GetProperty("position").GetInt64(), item.GetProperty("_etag").GetString()!);
            }
        }

        return found;
    }

    // Those that somebody else wrote, or that went, since they were looked at are left.
    private async ValueTask<IReadOnlyList<LookupDocument>> WriteOlderAsync(
        Incarnation life, IReadOnlyList<LookupDocument> documents, Dictionary<string, (long Position, string Tag)> there, CancellationToken cancellationToken)
    {
        var now = Timestamp.From(_time.GetUtcNow());
        var written = await Task.WhenAll(documents.Select(document =>
        {
            var id = LookupJson.IdOf(document.Id.Span);
            var isThere = there.TryGetValue(id, out var before);
            if (isThere && before.Position >= document.Position.Value)
            {
                return Task.FromResult(true);
            }

            var bytes = new MemoryStream(LookupJson.Write(life, document, now));
            return WriteAsync(
                life,
                id,
                (container, key) => isThere
                    ? container.ReplaceItemStreamAsync(bytes, id, key, new() { IfMatchEtag = before.Tag }, cancellationToken)
                    : container.CreateItemStreamAsync(bytes, key, cancellationToken: cancellationToken),
                cancellationToken);
        })).ConfigureAwait(false);
        return [.. documents.Where((_, i) => !written[i])];
    }

    // False: somebody else was faster.
    private async Task<bool> WriteAsync(Incarnation life, string id, Func<Container, PartitionKey, Task<ResponseMessage>> write, CancellationToken cancellationToken)
    {
        var container = await _connection.WritesAsync(cancellationToken).ConfigureAwait(false);
        using var answer = await CosmosFailure.GuardAsync(() => write(container, KeyOf(life, id)), cancellationToken).ConfigureAwait(false);
        Count("write", answer);
        return answer.IsSuccessStatusCode || (answer.StatusCode is HttpStatusCode.Conflict or HttpStatusCode.PreconditionFailed or HttpStatusCode.NotFound
            ? false
            : throw CosmosFailure.Of(answer));
    }

    // Of one life, or of all.
    private async IAsyncEnumerable<JsonElement> QueryAsync(
        Incarnation? life, QueryDefinition query, [System.Runtime.CompilerServices.EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var container = await _connection.ReadsAsync(cancellationToken).ConfigureAwait(false);
        var options = new QueryRequestOptions { MaxItemCount = ILookupsIndex.MaxPage };
        if (life is { } one)
        {
            options.PartitionKey = new PartitionKeyBuilder().Add(one.ToString()).Build();
        }

        using var pages = container.GetItemQueryStreamIterator(query, requestOptions: options);
        while (pages.HasMoreResults)
        {
            using var answer = await CosmosFailure.GuardAsync(() => pages.ReadNextAsync(cancellationToken), cancellationToken).ConfigureAwait(false);
            Count("query", answer);
            using var json = await ParseAsync(answer, cancellationToken).ConfigureAwait(false);
            foreach (var item in json.RootElement.GetProperty("Documents").EnumerateArray())
            {
                yield return item;
            }
        }
    }

    private static void Count(string operation, ResponseMessage answer) => CosmosInstruments.Count(operation, answer.Headers.RequestCharge);

    private static async ValueTask<JsonDocument> ParseAsync(ResponseMessage answer, CancellationToken cancellationToken) => answer.IsSuccessStatusCode
        ? await JsonDocument.ParseAsync(answer.Content, cancellationToken: cancellationToken).ConfigureAwait(false)
        : throw CosmosFailure.Of(answer);
}
