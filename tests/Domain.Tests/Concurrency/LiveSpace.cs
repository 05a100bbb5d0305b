using System.Text;
using Cairn.Diagnostics;
using Cairn.Formats;
using Cairn.Model;
using Cairn.Primitives;
using Cairn.Reconciliation;
using Cairn.Snapshots;
using Cairn.Storage;

namespace Cairn.Domain.Tests.Concurrency;

/// <summary>An open space and short ways to write to it and to read integers from it. Any thread.</summary>
internal sealed class LiveSpace : IAsyncDisposable
{
    private static readonly SpaceName Demo = SpaceName.Parse("demo");
    private static ulong _ids;
    private readonly SpaceCatalog _catalog;
    private long _commits;

    private LiveSpace(SpaceCatalog catalog, Space space) => (_catalog, Space) = (catalog, space);

    public Space Space { get; }

    public static async Task<LiveSpace> OpenAsync(
        ISpaceStore store, IEngineObserver observer, CancellationToken cancellationToken, EngineOptions? options = null, TimeProvider? time = null)
    {
        var catalog = new SpaceCatalog(
            store, options ?? EngineOptions.Default, _ => new(time ?? TimeProvider.System, () => Interlocked.Increment(ref _ids), observer));
        var (space, _) = await catalog.CreateAsync(Demo, cancellationToken);
        return new(catalog, space);
    }

    public async Task<CommitOutcome> CommitAsync(Action<CommitWriter> write, CancellationToken cancellationToken) =>
        await Space.CommitAsync(Encode(write), cancellationToken);

    public async Task<LogPosition> IngestAsync(Action<CommitWriter> write, CancellationToken cancellationToken) =>
        await Space.IngestAsync(Encode(write), cancellationToken);

    public ValueTask DisposeAsync() => _catalog.DisposeAsync();

    public EncodedCommit Encode(Action<CommitWriter> write)
    {
        var writer = new CommitWriter(Space.Record.Incarnation);
        writer.Begin(Encoding.ASCII.GetBytes($"made-{Interlocked.Increment(ref _commits)}"), givenByCaller: false, Space.Now());
        write(writer);
        return writer.Finish();
    }
}

/// <summary>What the concurrency tests keep in concepts: one integer under a name, and now and then a content.</summary>
internal static class Integers
{
    public static void Set(this CommitWriter writer, string id, string name, long value, byte[]? content = null)
    {
        writer.BeginPatch(Utf8(id), OnMissing.Create);
        writer.BeginAttributes();
        writer.Attribute(Utf8(name));
        writer.Int64(value);
        writer.EndAttributes();
        if (content is not null)
        {
            writer.Content(content);
        }

        writer.EndOperation();
    }

    public static void Link(this CommitWriter writer, string source, string type, string target)
    {
        writer.BeginAssociate(new(Utf8(source), Utf8(type), Utf8(target), default), OnExists.Replace, MissingEndpoints.Fail);
        writer.EndOperation();
    }

    public static void Unlink(this CommitWriter writer, string source, string type, string target) =>
        writer.Dissociate(new(Utf8(source), Utf8(type), Utf8(target), default), OnMissing.Fail);

    public static long Get(this Snapshot snapshot, string id, string name)
    {
        var row = snapshot.FindConcept(Utf8(id));
        Assert.True(row >= 0 && snapshot.Concept(row).TryGetAttribute(Utf8(name), out _), $"{id} has no {name} at {snapshot.Position}");
        snapshot.Concept(row).TryGetAttribute(Utf8(name), out var value);
        return value.Bits;
    }

    public static ReadOnlySpan<byte> Content(this Snapshot snapshot, string id) => snapshot.Concept(snapshot.FindConcept(Utf8(id))).Content;

    public static LogPosition Version(this Snapshot snapshot, string id) => snapshot.Concept(snapshot.FindConcept(Utf8(id))).Version;

    public static bool Exists(this Snapshot snapshot, string id) =>
        snapshot.FindConcept(Utf8(id)) is var row and >= 0 && snapshot.Concept(row).Exists(snapshot.LogClock);

    public static bool IsLinked(this Snapshot snapshot, string source, string type, string target)
    {
        var row = snapshot.FindAssociation(new(Utf8(source), Utf8(type), Utf8(target), default));
        return row >= 0 && snapshot.Association(row).IsAlive;
    }

    public static int CountNeighbors(this Snapshot snapshot, string id, Direction direction)
    {
        var count = 0;
        foreach (var _ in snapshot.Neighbors(snapshot.FindConcept(Utf8(id)), direction))
        {
            count++;
        }

        return count;
    }

    public static byte[] Utf8(string text) => Encoding.UTF8.GetBytes(text);
}
