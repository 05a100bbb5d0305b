using System.Collections.Concurrent;
using Cairn.Diagnostics;
using Cairn.Domain.Tests.Concurrency;
using Cairn.Domain.Tests.Storage;
using Cairn.Primitives;
using Cairn.Reconciliation;
using Cairn.Snapshots.Checkpoints;
using Cairn.Storage;

namespace Cairn.Domain.Tests.Reconciliation.Checkpoints;

/// <summary>Checkpoints that cannot be written: what is told, and when they are tried again.</summary>
public sealed class CheckpointRetryTests
{
    // Due behind every commit.
    private static readonly EngineOptions Always = EngineOptions.Default with
    {
        Checkpoints = CheckpointOptions.Default with { MaxTailOperations = 2, TailOperations = 1, Interval = TimeSpan.Zero, ClosingOperations = long.MaxValue },
    };

    private readonly ManualTime _time = new();

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Checkpoint_WhenItFailsAgainAndAgain_IsTriedLaterEachTimeAndToldOnce()
    {
        var (failures, manifests) = (new Failures(), default(DamagedManifests));
        var store = new GatedStore(new MemorySpaceStore(), new(), blobs => manifests = new(blobs, _time));
        await using var live = await LiveSpace.OpenAsync(store, failures, Token, Always, _time);
        manifests!.IsDamaged = true;
        await live.CommitAsync(commit => commit.Set("a", "value", 1), Token);

        await PassUntilAsync(() => manifests.Tries.Count == 5);
        Assert.All(
            manifests.Tries.Zip(manifests.Tries.Skip(1), static (before, next) => next - before).Index(),
            static pause => Assert.True(pause.Item >= TimeSpan.FromSeconds(1 << pause.Index), $"{pause.Item} after {pause.Index + 1} failures"));
        Assert.Equal(ErrorKind.Corrupt, Assert.IsType<CairnException>(Assert.Single(failures.Seen)).Kind);

        manifests.IsDamaged = false;
        await PassUntilAsync(() => live.Space.GetStatistics().Checkpoints == 1);
        Assert.Single(failures.Seen);
    }

    [Fact]
    public async Task CheckpointAsync_WhenCheckpointsAreOff_IsRefusedAndNothingElse()
    {
        var options = EngineOptions.Default with { Checkpoints = CheckpointOptions.Never };
        await using var live = await LiveSpace.OpenAsync(new MemorySpaceStore(), SilentEngineObserver.Instance, Token, options);
        await live.CommitAsync(commit => commit.Set("a", "value", 1), Token);

        foreach (var write in new Func<ValueTask>[] { () => live.Space.CheckpointAsync(Token), () => live.Space.CompactAsync(Token) })
        {
            var refusal = await Assert.ThrowsAsync<CairnException>(async () => await write());
            Assert.Equal((ErrorKind.Invalid, "not-supported"), (refusal.Kind, refusal.Problem));
        }

        await live.CommitAsync(commit => commit.Set("a", "value", 2), Token);
        Assert.Equal(2, live.Space.Current.Get("a", "value"));
    }

    private async Task PassUntilAsync(Func<bool> happened)
    {
        while (!happened())
        {
            _time.Advance(TimeSpan.FromSeconds(1));
            await Task.Delay(1, Token);
        }
    }

    private sealed class Failures : IEngineObserver
    {
        public ConcurrentQueue<Exception> Seen { get; } = [];

        public void CheckpointFailed(Exception failure) => Seen.Enqueue(failure);
    }

    /// <summary>Counts the looks for the newest manifest, with which each checkpoint begins.</summary>
    private sealed class DamagedManifests(IBlobStore inner, TimeProvider time) : PassingBlobStore(inner)
    {
        public volatile bool IsDamaged;

        public ConcurrentQueue<DateTimeOffset> Tries { get; } = [];

        public override ValueTask<IReadOnlyList<BlobName>> ListAsync(string prefix, CancellationToken cancellationToken)
        {
            if (!IsDamaged || prefix != Manifest.Folder)
            {
                return base.ListAsync(prefix, cancellationToken);
            }

            Tries.Enqueue(time.GetUtcNow());
            throw new CairnException(ErrorKind.Corrupt, "manifests are damaged");
        }
    }
}
