using System.Text;
using Cairn.Diagnostics;
using Cairn.Domain.Tests.Reconciliation.Model;
using Cairn.Formats;
using Cairn.Model;
using Cairn.Primitives;
using Cairn.Reconciliation;
using Cairn.Snapshots.Checkpoints;
using Cairn.Storage;

namespace Cairn.Domain.Tests.Concurrency;

/// <summary>Several processes serve a space, and each could write its checkpoints.</summary>
public sealed class SharedCheckpointTests : IAsyncDisposable
{
    private static readonly SpaceName Demo = SpaceName.Parse("demo");
    private static readonly EngineOptions Manual = EngineOptions.Default with
    {
        Checkpoints = CheckpointOptions.Default with { TailOperations = long.MaxValue, ClosingOperations = long.MaxValue },
    };

    private readonly MemorySpaceStore _store = new(maxAppendsPerFile: 40, isShared: true);
    private readonly List<SpaceCatalog> _processes = [];
    private readonly Failures _failures = new();
    private ulong _ids = 1;

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Checkpoint_WhenAnotherProcessWroteOne_GoesOnFromItAndAddsToIt()
    {
        var (mine, other) = (await OpenAsync(Manual), await OpenAsync(Manual));
        for (var round = 0; round < 6; round++)
        {
            await PutAsync(mine, $"mine-{round}", 20);
            await PutAsync(other, $"other-{round}", 20);
            await mine.FreshenAsync(strong: true, Token);
            await other.FreshenAsync(strong: true, Token);
            await (round % 2 == 0 ? mine : other).CheckpointAsync(Token);
        }

        await mine.FreshenAsync(strong: true, Token);
        var cold = await OpenAsync(Manual);
        Assert.Equal(240, cold.Current.ConceptCount);
        Assert.Equal(SnapshotText.Of(cold.Current), SnapshotText.Of(mine.Current));
        Assert.Equal(SnapshotText.Of(cold.Current), SnapshotText.Of(other.Current));
        var newest = await new ManifestStore(_store.OpenBlobs(mine.Record), mine.Record.Incarnation).FindNewestAsync(Token);
        Assert.Equal(6, newest!.Epoch);
        Assert.Equal(12, newest.Number);
        await RequireAllCommitsAsync(cold, mine, other);
    }

    [Fact]
    public async Task Checkpoint_WhenAnotherProcessJustWroteWhatIsDue_IsNotWrittenAgain()
    {
        var (mine, other) = (await OpenAsync(Manual), await OpenAsync(Manual));
        await PutAsync(mine, "a", 10);
        await other.FreshenAsync(strong: true, Token);
        await mine.CheckpointAsync(Token);

        await other.CheckpointAsync(Token);

        Assert.Equal((1, 0), (mine.GetStatistics().Checkpoints, other.GetStatistics().Checkpoints));
        Assert.Equal(mine.GetStatistics().CheckpointPosition, other.GetStatistics().CheckpointPosition);
    }

    [Fact]
    public async Task Checkpoint_WhenAnotherProcessTookOver_IsFencedAndThenGoesOnFromTheirs()
    {
        var (mine, other) = (await OpenAsync(Manual), await OpenAsync(Manual));
        await PutAsync(mine, "a", 10);
        await mine.CheckpointAsync(Token);
        await other.FreshenAsync(strong: true, Token);
        await PutAsync(other, "b", 10);
        await other.CheckpointAsync(Token);
        await PutAsync(mine, "c", 10);

        await mine.CheckpointAsync(Token);

        Assert.Equal(2, mine.GetStatistics().Checkpoints);
        var cold = await OpenAsync(Manual);
        Assert.Equal(SnapshotText.Of(mine.Current), SnapshotText.Of(cold.Current));
        await RequireAllCommitsAsync(cold, mine);
    }

    [Fact]
    public async Task Duplicate_WhenTheFirstLiesInAnotherProcessesOutcomes_IsKnown()
    {
        var (mine, other) = (await OpenAsync(Manual), await OpenAsync(Manual));
        var first = await mine.CommitAsync(Put(mine, "a", "key"), Token);
        await mine.CheckpointAsync(Token);
        await PutAsync(other, "b", 5);
        await other.CheckpointAsync(Token);
        await PutAsync(mine, "c", 5);
        await mine.CheckpointAsync(Token);

        foreach (var space in new[] { mine, other, await OpenAsync(Manual) })
        {
            var again = await space.CommitAsync(Put(space, "a", "key"), Token);
            Assert.Equal((true, first.Position), (again.IsDuplicate, again.Position));
        }
    }

    [Fact]
    public async Task Compact_WhenAnotherProcessHasTheOldRows_BothGoOnRight()
    {
        var (mine, other) = (await OpenAsync(Manual), await OpenAsync(Manual));
        await PutAsync(mine, "a", 50);
        await other.FreshenAsync(strong: true, Token);
        for (var i = 0; i < 40; i++)
        {
            await CommitAsync(i % 2 == 0 ? mine : other, commit => commit.Delete(Encoding.ASCII.GetBytes($"a-{i}"), OnMissing.Fail));
        }

        await mine.FreshenAsync(strong: true, Token);
        await mine.CompactAsync(Token);
        Assert.Equal(10, mine.Current.ConceptRows);
        await PutAsync(other, "b", 10);
        await other.CheckpointAsync(Token);
        await mine.FreshenAsync(strong: true, Token);

        Assert.Equal(20, other.Current.ConceptRows);
        Assert.Equal(SnapshotText.Of(mine.Current), SnapshotText.Of(other.Current));
        Assert.Equal(SnapshotText.Of(mine.Current), SnapshotText.Of((await OpenAsync(Manual)).Current));
    }

    [Fact]
    public async Task Checkpoints_WhenManyProcessesWriteThemAtOnce_LoseNothing()
    {
        var options = EngineOptions.Default with
        {
            Checkpoints = CheckpointOptions.Default with { TailOperations = 40, TailBytes = long.MaxValue, Interval = TimeSpan.FromMilliseconds(5), CompactionRows = 20, ClosingOperations = 1 },
        };
        var spaces = new List<Space> { await OpenAsync(options), await OpenAsync(options), await OpenAsync(options) };
        var written = await Task.WhenAll(spaces.Select((space, p) => Task.Run(
            async () =>
            {
                var i = 0;
                for (; i < 300 || i % 2 == 1 || CheckpointsOf(spaces) < 2; i++)
                {
                    await space.CommitAsync(Put(space, $"p{p}-{i}", i % 3 == 0 ? $"key-{p}-{i}" : null), Token);
                    if (i % 2 == 1)
                    {
                        await CommitAsync(space, commit => commit.Delete(Encoding.ASCII.GetBytes($"p{p}-{i - 1}"), OnMissing.Fail));
                    }
                }

                return i;
            },
            Token)));
        foreach (var space in spaces)
        {
            await space.FreshenAsync(strong: true, Token);
        }

        var cold = await OpenAsync(Manual);
        Assert.Equal(written.Sum() / 2, cold.Current.ConceptCount);
        foreach (var space in spaces)
        {
            // A checkpoint that is still under way may have ended a generation since, by a frame.
            Assert.Equal(SnapshotText.Of(cold.Current).Skip(1), SnapshotText.Of(space.Current).Skip(1));
            var again = await space.CommitAsync(Put(space, "p1-9", "key-1-9"), Token);
            Assert.True(again.IsDuplicate);
        }

        await RequireAllCommitsAsync([cold, .. spaces]);
        Assert.All(_failures.Seen, static failure => Assert.True(failure is CairnException { Kind: ErrorKind.Fenced }, failure.ToString()));
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var process in _processes)
        {
            await process.DisposeAsync();
        }
    }

    private static long CheckpointsOf(List<Space> spaces) => spaces.Sum(static space => space.GetStatistics().Checkpoints);

    // Every commit once, the same in every process.
    private static async Task RequireAllCommitsAsync(params Space[] spaces)
    {
        List<string>? expected = null;
        foreach (var space in spaces)
        {
            await space.FreshenAsync(strong: true, Token);
            using var reader = space.ReadChanges(LogPosition.Zero);
            var seen = new List<string>();
            for (var page = await reader.ReadAsync(100, Token); page.Count > 0; page = await reader.ReadAsync(100, Token))
            {
                seen.AddRange(page.Select(static change => change.Position.ToString()));
            }

            expected ??= seen;
            Assert.NotEmpty(seen);
            Assert.Equal(expected, seen);
        }
    }

    private async Task<Space> OpenAsync(EngineOptions options)
    {
        var process = new SpaceCatalog(_store, options, _ => new(TimeProvider.System, () => Interlocked.Increment(ref _ids), _failures));
        _processes.Add(process);
        return (await process.CreateAsync(Demo, Token)).Space;
    }

    private static async Task PutAsync(Space space, string prefix, int count)
    {
        for (var i = 0; i < count; i++)
        {
            await space.CommitAsync(Put(space, $"{prefix}-{i}", null), Token);
        }
    }

    private static async Task CommitAsync(Space space, Action<CommitWriter> write)
    {
        var writer = new CommitWriter(space.Record.Incarnation);
        writer.Begin(Encoding.ASCII.GetBytes(Guid.NewGuid().ToString("N")), givenByCaller: false, space.Now());
        write(writer);
        Assert.Equal(OutcomeKind.Committed, (await space.CommitAsync(writer.Finish(), Token)).Kind);
    }

    private static EncodedCommit Put(Space space, string id, string? key)
    {
        var writer = new CommitWriter(space.Record.Incarnation);
        writer.Begin(Encoding.ASCII.GetBytes(key ?? $"made-{id}"), givenByCaller: key is not null, space.Now());
        writer.Put(new Concept { Id = id }, OnExists.Replace);
        return writer.Finish();
    }

    private sealed class Failures : IEngineObserver
    {
        public List<Exception> Seen { get; } = [];

        public void CheckpointFailed(Exception failure)
        {
            lock (Seen)
            {
                Seen.Add(failure);
            }
        }
    }
}
