using System.Globalization;
using System.Net;
using System.Text;

namespace Cairn.Infra.Tests.Cosmos.StandIn;

/// <summary>
/// Answers as the gateway of a Cosmos DB account does to what the index asks, behind the real client: databases, containers, documents with tags and times to live, queries, and
/// batches of single operations. Strong consistency. Thread-safe.
/// </summary>
internal sealed class CosmosStandIn(TimeProvider time)
{
    public const string Key = "c3RhbmQtaW4tc3RhbmQtaW4tc3RhbmQtaW4tc3RhbmQtaW4=";

    // Of a query over one partition nothing is to be merged: it runs as it is.
    private const string Plan = """{"partitionedQueryExecutionInfoVersion":2,"queryInfo":{"distinctType":"None","top":null,"offset":null,"limit":null,"orderBy":[],"orderByExpressions":[],"groupByExpressions":[],"groupByAliases":[],"aggregates":[],"groupByAliasToAggregateType":{},"rewrittenQuery":"","hasSelectValue":false,"dCountInfo":null,"hasNonStreamingOrderBy":false},"queryRanges":[{"min":"","max":"FF","isMinInclusive":true,"isMaxInclusive":false}]}""";

    // There is one of each: 4 bytes, and 4 more of which the first bit is set.
    private const string DatabaseRid = "AAAAAQ==", ContainerRid = "AAAAAYAAAAE=";

    // One partition holds every key.
    private const string Ranges = """{"_rid":"AAAAAYAAAAE=","_count":1,"PartitionKeyRanges":[{"_rid":"AAAAAYAAAAECAAAAAAAAUA==","id":"0","_etag":"\"1\"","minInclusive":"","maxExclusive":"FF","ridPrefix":0,"_self":"dbs/","throughputFraction":1,"status":"online","parents":[],"_ts":1}]}""";

    private readonly Lock _gate = new();
    private readonly Dictionary<string, Dictionary<string, StandInContainer>> _databases = [];
    private readonly Dictionary<string, StandInQuery> _queries = [];
    private readonly Dictionary<string, string> _namesByRid = [];
    private int _requests;

    /// <summary>Requests so far.</summary>
    public int Requests => Volatile.Read(ref _requests);

    /// <summary>What the account says of itself.</summary>
    public string Consistency { get; init; } = "Strong";

    /// <summary>Instead of an answer; null: answer. Hears the operation: read, write, query, batch or another.</summary>
    public Func<string, HttpStatusCode?>? Refuse { get; set; }

    /// <summary>What all containers hold.</summary>
    public List<OrderedDictionary<string, object?>> Documents
    {
        get
        {
            lock (_gate)
            {
                return [.. _databases.Values.SelectMany(static database => database.Values).SelectMany(static container => container.All)];
            }
        }
    }

    public async Task<StandInAnswer> AnswerAsync(string method, string path, Func<string, string?> header, byte[] body, string address)
    {
        Interlocked.Increment(ref _requests);
        var isBatch = IsSet(header("x-ms-cosmos-is-batch-request"));
        if (Refuse?.Invoke(isBatch ? "batch" : OperationOf(method, path, header)) is { } refused)
        {
            return new(refused);
        }

        var operations = isBatch ? await StandInBatch.ReadAsync(body) : [];
        StandInAnswer answer;
        List<BatchResult> results = [];
        lock (_gate)
        {
            // Queries name databases and containers by the ids that they were given here.
            var parts = path.Split('/', StringSplitOptions.RemoveEmptyEntries).Select(Uri.UnescapeDataString).Select((part, i) => i is 1 or 3 ? _namesByRid.GetValueOrDefault(part, part) : part).ToArray();
            if (isBatch)
            {
                results.AddRange(operations.Select(operation => Run(_databases[parts[1]][parts[3]], operation)));
                answer = new(results.All(static result => result.Status < 400) ? HttpStatusCode.OK : HttpStatusCode.MultiStatus);
            }
            else
            {
                answer = Route(method, parts, header, body, address);
            }
        }

        return isBatch ? answer with { Body = await StandInBatch.WriteAsync(results) } : answer;
    }

    private static bool IsSet(string? header) => string.Equals(header, "true", StringComparison.OrdinalIgnoreCase);

    private static string OperationOf(string method, string path, Func<string, string?> header) => !path.Contains("/docs", StringComparison.Ordinal) ? "other"
        : IsQuery(header) ? "query"
        : method == "GET" ? "read" : "write";

    private static bool IsQuery(Func<string, string?> header) =>
        IsSet(header("x-ms-documentdb-isquery")) || header("Content-Type")?.StartsWith("application/query+json", StringComparison.Ordinal) is true;

    private StandInAnswer Route(string method, string[] parts, Func<string, string?> header, byte[] body, string address)
    {
        switch (parts)
        {
            case []:
                return Json(Encoding.UTF8.GetBytes(Account(address)));
            case ["dbs"]:
                var made = StandInValue.Parse(body);
                _databases.TryAdd((string)StandInValue.Member(made, "id")!, []);
                return Described(made!, DatabaseRid, HttpStatusCode.Created);
            case ["dbs", var name] when _databases.ContainsKey(name):
                return Described(new OrderedDictionary<string, object?> { ["id"] = name }, DatabaseRid, HttpStatusCode.OK);
            case ["dbs", var name, "colls"] when _databases.TryGetValue(name, out var database):
                var shape = (OrderedDictionary<string, object?>)StandInValue.Parse(body)!;
                database.TryAdd((string)shape["id"]!, new(shape, time));
                (_namesByRid[DatabaseRid], _namesByRid[ContainerRid]) = (name, (string)shape["id"]!);
                return Described(shape, ContainerRid, HttpStatusCode.Created);
            case ["dbs", var name, "colls", var container, .. var rest] when _databases.TryGetValue(name, out var database) && database.TryGetValue(container, out var found):
                return Route(found, method, rest, header, body);
            default:
                return new(HttpStatusCode.NotFound);
        }
    }

    private StandInAnswer Route(StandInContainer container, string method, string[] parts, Func<string, string?> header, byte[] body)
    {
        var key = header("x-ms-documentdb-partitionkey") is { } text ? Encoding.UTF8.GetString(StandInValue.Bytes(StandInValue.Parse(Encoding.UTF8.GetBytes(text)))) : "";
        switch (parts)
        {
            case []:
                return Described(container.Shape, ContainerRid, HttpStatusCode.OK);
            case ["pkranges"]:
                return header("If-None-Match") is null ? Json(Encoding.UTF8.GetBytes(Ranges)) with { Tag = "\"1\"" } : new(HttpStatusCode.NotModified) { Tag = "\"1\"" };
            case ["docs"] when IsSet(header("x-ms-cosmos-is-query-plan-request")):
                return Json(Encoding.UTF8.GetBytes(Plan));
            case ["docs"] when IsQuery(header):
                return Query(container, body, header);
            case ["docs"]:
                return Answer(IsSet(header("x-ms-documentdb-is-upsert")) ? container.Upsert(key, body) : container.Create(key, body));
            case ["docs", var id]:
                return Answer(method switch
                {
                    "GET" => container.Read(key, id),
                    "PUT" => container.Replace(key, id, body, header("If-Match")),
                    _ => container.Delete(key, id),
                });
            default:
                return new(HttpStatusCode.NotFound);
        }
    }

    private static BatchResult Run(StandInContainer container, BatchOperation operation)
    {
        var (status, document) = operation.Kind switch
        {
            0 => container.Create(operation.Key, operation.Body!),
            4 => container.Delete(operation.Key, operation.Id!),
            5 => container.Replace(operation.Key, operation.Id!, operation.Body!, operation.IfMatch),
            20 => container.Upsert(operation.Key, operation.Body!),
            _ => throw new FormatException($"the stand-in runs no operation {operation.Kind}"),
        };
        return new((int)status, (string?)document?["_etag"], null);
    }

    private StandInAnswer Query(StandInContainer container, byte[] body, Func<string, string?> header)
    {
        var asked = (OrderedDictionary<string, object?>)StandInValue.Parse(body)!;
        var parameters = asked.TryGetValue("parameters", out var given) && given is List<object?> list
            ? list.ToDictionary(one => (string)StandInValue.Member(one, "name")!, one => StandInValue.Member(one, "value"))
            : [];
        var text = (string)asked["query"]!;
        if (!_queries.TryGetValue(text, out var query))
        {
            _queries.Add(text, query = new(text));
        }

        var found = query.Run(container.All, parameters);
        var from = header("x-ms-continuation") is { } token ? int.Parse(token, CultureInfo.InvariantCulture) : 0;
        var most = header("x-ms-max-item-count") is { } count && int.Parse(count, CultureInfo.InvariantCulture) is var asks and > 0 ? Math.Min(asks, 100) : 100;
        var page = found.Skip(from).Take(most).ToList();
        return Json(StandInValue.Bytes(new OrderedDictionary<string, object?> { ["_rid"] = ContainerRid, ["Documents"] = page, ["_count"] = (double)page.Count })) with
        {
            Continuation = from + page.Count < found.Count ? (from + page.Count).ToString(CultureInfo.InvariantCulture) : null,
            Count = page.Count,
        };
    }

    private string Account(string address) => $$$"""
        {"_self":"","id":"stand-in","_rid":"stand-in","media":"//media/","addresses":"//addresses/","_dbs":"//dbs/",
         "writableLocations":[{"name":"Here","databaseAccountEndpoint":"{{{address}}}"}],"readableLocations":[{"name":"Here","databaseAccountEndpoint":"{{{address}}}"}],
         "enableMultipleWriteLocations":false,"userReplicationPolicy":{"asyncReplication":false,"minReplicaSetSize":1,"maxReplicasetSize":4},
         "userConsistencyPolicy":{"defaultConsistencyLevel":"{{{Consistency}}}","maxStalenessPrefix":100,"maxIntervalInSeconds":5},
         "systemReplicationPolicy":{"minReplicaSetSize":1,"maxReplicasetSize":4},"readPolicy":{"primaryReadCoefficient":1,"secondaryReadCoefficient":1},
         "queryEngineConfiguration":"{\"maxSqlQueryInputLength\":524288,\"maxJoinsPerSqlQuery\":10,\"maxLogicalAndPerSqlQuery\":2147483647,\"maxLogicalOrPerSqlQuery\":2147483647,\"maxUdfRefPerSqlQuery\":10,\"maxInExpressionItemsCount\":2147483647,\"queryMaxInMemorySortDocumentCount\":-1000,\"maxQueryRequestTimeoutFraction\":0.9,\"sqlAllowNonFiniteNumbers\":false,\"sqlAllowAggregateFunctions\":true,\"sqlAllowSubQuery\":true,\"sqlAllowScalarSubQuery\":true,\"allowNewKeywords\":true,\"sqlAllowLike\":true,\"sqlAllowGroupByClause\":true,\"sqlAllowTop\":true,\"maxSpatialQueryCells\":12,\"spatialMaxGeometryPointCount\":256,\"enableSpatialIndexing\":true}"}
        """;

    private static StandInAnswer Answer((HttpStatusCode Status, OrderedDictionary<string, object?>? Document) outcome) => new(outcome.Status)
    {
        Body = outcome.Document is null ? [] : StandInValue.Bytes(outcome.Document),
        Tag = (string?)outcome.Document?["_etag"],
    };

    private static StandInAnswer Described(object resource, string rid, HttpStatusCode status)
    {
        var described = (OrderedDictionary<string, object?>)resource;
        (described["_rid"], described["_self"], described["_etag"], described["_ts"]) = (rid, rid == DatabaseRid ? $"dbs/{rid}/" : $"dbs/{DatabaseRid}/colls/{rid}/", "\"1\"", 1.0);
        return new(status) { Body = StandInValue.Bytes(described), Tag = "\"1\"" };
    }

    private static StandInAnswer Json(byte[] body) => new(HttpStatusCode.OK) { Body = body };
}

/// <summary>What the stand-in answers.</summary>
internal sealed record StandInAnswer(HttpStatusCode Status)
{
    public byte[] Body { get; init; } = [];

    public string? Tag { get; init; }

    public string? Continuation { get; init; }

    public int? Count { get; init; }

    /// <summary>Its headers.</summary>
    public IEnumerable<(string Name, string Value)> Headers()
    {
        yield return ("x-ms-request-charge", "1");
        yield return ("x-ms-session-token", "0:-1#1");
        yield return ("x-ms-schemaversion", "1.17");
        yield return ("x-ms-substatus", "0");
        if (Status == HttpStatusCode.TooManyRequests)
        {
            yield return ("x-ms-retry-after-ms", "1");
        }

        if (Tag is not null)
        {
            yield return ("ETag", Tag);
        }

        if (Continuation is not null)
        {
            yield return ("x-ms-continuation", Continuation);
        }

        if (Count is { } count)
        {
            yield return ("x-ms-item-count", count.ToString(CultureInfo.InvariantCulture));
        }
    }
}
