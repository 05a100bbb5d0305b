using Cairn.Benchmarks.Workload;
using Cairn.Diagnostics;
using Cairn.Formats;
using Cairn.Primitives;
using Cairn.Reconciliation;
using Cairn.Storage;

namespace Cairn.Benchmarks.Stores;

/// <summary>A space as the service opens it, on a store that goes with it.</summary>
internal sealed class OpenSpace : IAsyncDisposable
{
    private readonly SpaceCatalog _catalog;

    private OpenSpace(SpaceCatalog catalog, Space space) => (_catalog, Space) = (catalog, space);

    public Space Space { get; }

    public static async Task<OpenSpace> CreateAsync(ISpaceStore store, EngineOptions options)
    {
        var ids = 1UL;
        var services = new EngineServices(TimeProvider.System, () => Interlocked.Increment(ref ids), SilentEngineObserver.Instance);
        var catalog = new SpaceCatalog(store, options, _ => services);
        var (space, _) = await catalog.CreateAsync(SpaceName.Parse("bench"), CancellationToken.None).ConfigureAwait(false);
        return new(catalog, space);
    }

    /// <summary>Writes a graph through the burst door and waits until readers see all of it.</summary>
    public Task<LogPosition> IngestAsync(Dataset data, ConceptParts parts, int operationsPerCommit) =>
        IngestAsync(CommitStream.Of(data, parts, operationsPerCommit, Space.Record.Incarnation), commitsUnderWay: int.MaxValue);

    /// <summary>As above; never more than so many commits are on their way at once.</summary>
    public async Task<LogPosition> IngestAsync(IEnumerable<EncodedCommit> commits, int commitsUnderWay)
    {
        var underWay = new Queue<(EncodedCommit Commit, Task<LogPosition> Durable)>();
        var last = default(LogPosition);
        foreach (var commit in commits)
        {
            underWay.Enqueue((commit, Space.IngestAsync(commit, CancellationToken.None).AsTask()));
            while (underWay.Count >= commitsUnderWay)
            {
                last = await FinishAsync(underWay.Dequeue()).ConfigureAwait(false);
            }
        }

        while (underWay.TryDequeue(out var oldest))
        {
            last = await FinishAsync(oldest).ConfigureAwait(false);
        }

        await Space.WaitForAsync(last, TimeSpan.FromMinutes(1), CancellationToken.None).ConfigureAwait(false);
        return last;
    }

    /// <inheritdoc/>
    public ValueTask DisposeAsync() => _catalog.DisposeAsync();

    private static async Task<LogPosition> FinishAsync((EncodedCommit Commit, Task<LogPosition> Durable) write)
    {
        var position = await write.Durable.ConfigureAwait(false);
        write.Commit.Return();
        return position;
    }
}
