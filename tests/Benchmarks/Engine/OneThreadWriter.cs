using Cairn.Benchmarks.Workload;
using Cairn.Diagnostics;
using Cairn.Formats;
using Cairn.Log;
using Cairn.Primitives;
using Cairn.Reconciliation;
using Cairn.Storage;

namespace Cairn.Benchmarks.Engine;

/// <summary>
/// What a space does with a write, by one thread, step after step: encode ten commits of 1,000 operations, append them as one group, apply it, publish.
/// </summary>
internal sealed class OneThreadWriter : IDisposable
{
    private const int OperationsPerCommit = 1_000;
    private const int CommitsPerGroup = 10;
    private readonly ISpaceStore _store;
    private readonly WriteLog _log;
    private readonly Reconciler _reconciler = new(default, new(42));
    private readonly List<EncodedCommit> _group = new(CommitsPerGroup);

    private OneThreadWriter(ISpaceStore store, WriteLog log) => (_store, _log) = (store, log);

    public static OneThreadWriter Create(ISpaceStore store)
    {
        var wanted = new SpaceRecord(SpaceName.Parse("bench"), default, CommitFeed.Start);
        var (record, _) = Wait(store.CreateAsync(wanted, CancellationToken.None));
        var log = WriteLog.OpenAsync(
            store.OpenLog(record), default, static () => new(1), SilentEngineObserver.Instance, default, static (_, _) => ValueTask.CompletedTask, CancellationToken.None);
        return new(store, log.GetAwaiter().GetResult());
    }

    /// <summary>Writes a graph; answers the concepts and associations that readers see then.</summary>
    public long Write(Dataset data)
    {
        foreach (var commit in CommitStream.Of(data, ConceptParts.All, OperationsPerCommit))
        {
            _group.Add(commit);
            if (_group.Count == CommitsPerGroup)
            {
                Flush();
            }
        }

        Flush();
        var snapshot = _reconciler.Newest;
        var visible = snapshot.ConceptCount + snapshot.AssociationCount;
        return visible == data.Operations ? visible : throw new InvalidOperationException($"{visible} of {data.Operations} are visible");
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _log.DisposeAsync().AsTask().GetAwaiter().GetResult();
        _store.DisposeAsync().AsTask().GetAwaiter().GetResult();
    }

    private void Flush()
    {
        if (_group.Count == 0)
        {
            return;
        }

        foreach (var frame in Wait(_log.AppendAsync(_group.ToArray(), CommitFeed.Start, CancellationToken.None)))
        {
            _reconciler.Apply(frame);
        }

        _reconciler.Publish();
        _group.ForEach(static commit => commit.Return());
        _group.Clear();
    }

    private static T Wait<T>(ValueTask<T> task) => task.IsCompletedSuccessfully ? task.Result : task.AsTask().GetAwaiter().GetResult();
}
