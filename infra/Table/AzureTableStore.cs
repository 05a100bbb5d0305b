using Azure;
using Azure.Core;
using Azure.Core.Pipeline;
using Cairn.Primitives;
using Cairn.Storage;

namespace Cairn.Infra.Table;

/// <summary>Records in one table of Azure Table Storage. Safe to use from many threads and by many processes at once.</summary>
/// <remarks>
/// Each is an entity of the table <c>cairn</c>, with <c>{owner}~{partition}</c> as its partition key, so that deployments that share an account do not see each
/// other's. The table is created by the first write that misses it. Every request may be sent twice: what a repetition finds is read again and compared.
/// </remarks>
public sealed class AzureTableStore : ITableStore
{
    private const string TableName = "cairn";

    // The service ends a page when it likes to; one that ended so often without a record has nothing more to give.
    private const int MaxPagesOfList = 1000;

    private readonly TableRequests _requests;
    private readonly string _owner;

    private AzureTableStore(AzureTableOptions options, HttpPipelineTransport? transport)
    {
        RecordKey.Require(options.Owner);
        (_requests, _owner) = (new(TableConnection.Of(options), transport), options.Owner);
    }

    /// <summary>Names the service, and asks nothing of it yet.</summary>
    /// <exception cref="CairnException">Invalid: the options name none.</exception>
    public static AzureTableStore Open(AzureTableOptions options) => Open(options, null);

    /// <inheritdoc/>
    public async ValueTask<TableRecord?> FindAsync(RecordKey key, CancellationToken cancellationToken)
    {
        key.Require();
        using var sent = await _requests.SendAsync(RequestMethod.Get, EntityPath(key), null, null, cancellationToken).ConfigureAwait(false);
        var answer = sent.Response;
        return answer.Status switch
        {
            200 => TableEntity.Decode(answer.Content.ToMemory()),
            404 => null,
            _ => throw TableFailure.OfAnswer(answer, _requests.Service),
        };
    }

    /// <inheritdoc/>
    public async ValueTask<VersionTag?> PutAsync(RecordKey key, ReadOnlyMemory<byte> bytes, VersionTag? expected, CancellationToken cancellationToken)
    {
        key.Require();
        RecordKey.RequireLength(bytes.Length);
        var entity = TableEntity.Encode(PartitionOf(key.Partition), key.Key, bytes.Span);
        using var sent = await SendPutAsync(key, entity, expected, cancellationToken).ConfigureAwait(false);
        var answer = sent.Response;
        switch (answer.Status)
        {
            case 201 or 204 when answer.Headers.ETag is { } tag:
                return new(tag.ToString("H"));

            // Taken, changed or deleted; or a repetition met its own first try.
            case 404 or 409 or 412:
                return await FindAsync(key, cancellationToken).ConfigureAwait(false) is { } there && there.Bytes.Span.SequenceEqual(bytes.Span) ? there.Version : null;

            default:
                throw TableFailure.OfAnswer(answer, _requests.Service);
        }
    }

    /// <inheritdoc/>
    public async ValueTask<IReadOnlyList<TableRecord>> ListAsync(string partition, string? after, int limit, CancellationToken cancellationToken)
    {
        RecordKey.Require(partition);
        RecordKey.RequireLimit(limit);
        var filter = $"PartitionKey eq '{PartitionOf(partition)}'" + (after is null ? "" : $" and RowKey gt '{QuotedKey(after)}'");
        var records = new List<TableRecord>();
        var next = "";
        for (var page = 0; page < MaxPagesOfList; page++)
        {
            var path = $"{TableName}()?$filter={Uri.EscapeDataString(filter)}&$top={limit - records.Count}{next}";
            using var sent = await _requests.SendAsync(RequestMethod.Get, path, null, null, cancellationToken).ConfigureAwait(false);
            var answer = sent.Response;
            if (answer.Status == 404)
            {
                return [];
            }

            if (answer.Status != 200)
            {
                throw TableFailure.OfAnswer(answer, _requests.Service);
            }

            records.AddRange(TableEntity.DecodePage(answer.Content.ToMemory()));
            next = Continuation(answer);
            if (records.Count >= limit || next.Length == 0)
            {
                return records;
            }
        }

        throw new CairnException(ErrorKind.Unavailable, $"the table service {_requests.Service} gives pages without end") { Problem = "unavailable" };
    }

    /// <inheritdoc/>
    public async ValueTask<bool> DeleteAsync(RecordKey key, CancellationToken cancellationToken)
    {
        key.Require();
        using var sent = await _requests.SendAsync(RequestMethod.Delete, EntityPath(key), null, "*", cancellationToken).ConfigureAwait(false);
        var answer = sent.Response;
        return answer.Status switch
        {
            200 or 204 => true,
            404 => false,
            _ => throw TableFailure.OfAnswer(answer, _requests.Service),
        };
    }

    /// <inheritdoc/>
    public ValueTask DisposeAsync() => ValueTask.CompletedTask;

    internal static AzureTableStore Open(AzureTableOptions options, HttpPipelineTransport? transport) => new(options, transport);

    private async ValueTask<HttpMessage> SendPutAsync(RecordKey key, byte[] entity, VersionTag? expected, CancellationToken cancellationToken)
    {
        if (expected is { } version)
        {
            return await _requests.SendAsync(RequestMethod.Put, EntityPath(key), entity, version.Text, cancellationToken).ConfigureAwait(false);
        }

        var sent = await _requests.SendAsync(RequestMethod.Post, TableName, entity, null, cancellationToken).ConfigureAwait(false);
        if (sent.Response.Status != 404)
        {
            return sent;
        }

        sent.Dispose();
        await CreateTableAsync(cancellationToken).ConfigureAwait(false);
        return await _requests.SendAsync(RequestMethod.Post, TableName, entity, null, cancellationToken).ConfigureAwait(false);
    }

    private async ValueTask CreateTableAsync(CancellationToken cancellationToken)
    {
        var body = System.Text.Encoding.UTF8.GetBytes($$"""{"TableName":"{{TableName}}"}""");
        using var sent = await _requests.SendAsync(RequestMethod.Post, "Tables", body, null, cancellationToken).ConfigureAwait(false);
        var answer = sent.Response;
        if (answer.Status is not (201 or 204 or 409))
        {
            throw TableFailure.OfAnswer(answer, _requests.Service);
        }
    }

    // Where the service's page ended, empty at the end. An empty page may have one.
    private static string Continuation(Response answer)
    {
        if (!answer.Headers.TryGetValue("x-ms-continuation-NextPartitionKey", out var partition))
        {
            return "";
        }

        var row = answer.Headers.TryGetValue("x-ms-continuation-NextRowKey", out var key) ? $"&NextRowKey={Uri.EscapeDataString(key)}" : "";
        return $"&NextPartitionKey={Uri.EscapeDataString(partition)}{row}";
    }

    private string PartitionOf(string partition) => $"{_owner}~{partition}";

    // Well-formed keys have nothing to escape.
    private string EntityPath(RecordKey key) => $"{TableName}(PartitionKey='{PartitionOf(key.Partition)}',RowKey='{key.Key}')";

    private static string QuotedKey(string after) => after.Replace("'", "''", StringComparison.Ordinal);
}
