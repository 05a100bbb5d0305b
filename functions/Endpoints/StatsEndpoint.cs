using Cairn.Functions.Answers;
using Cairn.Functions.Routing;
using Cairn.Primitives;
using Cairn.Reconciliation;
using Cairn.Reconciliation.Embedding;
using Cairn.Storage.Lookups;

namespace Cairn.Functions.Endpoints;

/// <summary>GET …/stats</summary>
internal static class StatsEndpoint
{
    private const int MaxPending = 10_000;
    private static readonly TimeSpan MaxAge = TimeSpan.FromMilliseconds(100);
    private static readonly TimeSpan ThrottlingMemory = TimeSpan.FromMinutes(5);

    public static readonly Route[] Routes = [new("GET", "/v1/spaces/{space}/stats", GetAsync) { Takes = Reading.TakesPosition }];

    private static async Task GetAsync(Call call)
    {
        var reading = await Reading.OpenAsync(call);
        using var answer = JsonAnswer.Rent();
        Write(answer.Json, reading.Space, call.Service.Time.GetUtcNow());
        await answer.SendAsync(call.Response, StatusCodes.Status200OK, call.Aborted);
    }

    private static void Write(JsonWriter json, Space space, DateTimeOffset now)
    {
        var stats = space.GetStatistics();
        json.WriteStartObject();
        json.WriteString("space"u8, space.Record.Name.ToString());
        json.WriteString("incarnation"u8, space.Record.Incarnation.ToString());
        json.WriteStartObject("log"u8);
        json.WriteNumber("written"u8, stats.Written);
        json.WriteNumber("dropped"u8, stats.Dropped);
        json.WriteNumber("pending"u8, stats.Pending);
        json.WriteNumber("throttled"u8, stats.Throttled);
        json.WriteNumber("bytes"u8, stats.LogBytes);
        json.WriteNumber("position"u8, stats.LogPosition.Value);
        json.WriteEndObject();
        json.WriteStartObject("reconciler"u8);
        json.WriteNumber("rounds"u8, stats.Rounds);
        json.WriteNumber("operations"u8, stats.Operations);
        json.WriteNumber("checkpoints"u8, stats.Checkpoints);
        json.WriteNumber("checkpointPosition"u8, stats.CheckpointPosition.Value);
        json.WriteEndObject();
        json.WriteStartObject("snapshot"u8);
        json.WriteNumber("concepts"u8, stats.Concepts);
        json.WriteNumber("associations"u8, stats.Associations);
        json.WriteNumber("position"u8, stats.SnapshotPosition.Value);
        json.WriteNumber("ageMs"u8, (long)stats.SnapshotAge.TotalMilliseconds);
        json.WriteEndObject();
        json.WriteStartObject("memory"u8);
        json.WriteNumber("bytes"u8, stats.MemoryBytes);
        json.WriteEndObject();
        if (stats.Lookups is { } lookups)
        {
            WriteLookups(json, lookups, stats.SnapshotPosition, Timestamp.From(now));
        }

        if (stats.Embeddings is { } embeddings)
        {
            WriteEmbeddings(json, embeddings);
        }

        WriteHealth(json, [.. Reasons(space, stats, now)]);
        json.WriteEndObject();
    }

    private static void WriteEmbeddings(JsonWriter json, EmbeddingProgress embeddings)
    {
        json.WriteStartObject("embeddings"u8);
        json.WriteString("model"u8, embeddings.Model);
        json.WriteNumber("waiting"u8, embeddings.Waiting);
        json.WriteNumber("embedded"u8, embeddings.Embedded);
        if (embeddings.Failure is { } failure)
        {
            json.WriteString("failure"u8, failure);
        }

        json.WriteEndObject();
    }

    private static void WriteLookups(JsonWriter json, LookupsWatermark lookups, LogPosition visible, Timestamp now)
    {
        json.WriteStartObject("lookups"u8);
        json.WriteNumber("position"u8, lookups.Position.Value);
        json.WriteNumber("ageMs"u8, lookups.Position >= visible ? 0 : Math.Max(0, (long)now.Since(lookups.CurrentAt).TotalMilliseconds));
        json.WriteEndObject();
    }

    private static void WriteHealth(JsonWriter json, string[] reasons)
    {
        json.WriteStartObject("health"u8);
        json.WriteString("status"u8, reasons.Length == 0 ? "ok"u8 : "degraded"u8);
        json.WriteStartArray("reasons"u8);
        foreach (var reason in reasons)
        {
            json.WriteStringValue(reason);
        }

        json.WriteEndArray();
        json.WriteEndObject();
    }

    private static IEnumerable<string> Reasons(Space space, SpaceStatistics stats, DateTimeOffset now)
    {
        if (space.Failure is { } failure)
        {
            yield return $"stopped: {failure.Message}";
        }

        if (stats.Pending > MaxPending)
        {
            yield return $"pending: {stats.Pending} operations are not visible yet";
        }

        if (stats.Dropped > 0)
        {
            yield return $"dropped: {stats.Dropped} operations";
        }

        if (now - stats.LastThrottledAt <= ThrottlingMemory)
        {
            yield return $"throttled: a write was refused at {stats.LastThrottledAt:O}";
        }

        if (stats.SnapshotAge > MaxAge)
        {
            yield return $"age: the view is {(long)stats.SnapshotAge.TotalMilliseconds} ms behind";
        }
    }
}
