using Cairn.Diagnostics;
using Cairn.Domain.Tests.Concurrency;
using Cairn.Domain.Tests.Reconciliation.Model;
using Cairn.Domain.Tests.Storage;
using Cairn.Model;
using Cairn.Primitives;
using Cairn.Reconciliation;
using Cairn.Snapshots.Checkpoints;
using Cairn.Storage;

namespace Cairn.Domain.Tests.Reconciliation.Checkpoints;

/// <summary>An open space stores checkpoints and goes on from them.</summary>
public sealed class CheckpointTests : IAsyncDisposable
{
    private static readonly EngineOptions Manual = EngineOptions.Default with
    {
        Checkpoints = CheckpointOptions.Default with { TailOperations = long.MaxValue, ClosingOperations = long.MaxValue },
    };

    private readonly MemorySpaceStore _store = new();

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public ValueTask DisposeAsync() => _store.DisposeAsync();

    [Fact]
    public async Task Space_WhenItHasACheckpoint_OpensTheSameAndReplaysOnlyTheTail()
    {
        List<string> before;
        LogPosition checkpoint;
        await using (var live = await OpenAsync(Manual))
        {
            await WriteAsync(live, 0, 400);
            await live.Space.CheckpointAsync(Token);
            checkpoint = live.Space.GetStatistics().CheckpointPosition;
            await WriteAsync(live, 400, 410);
            before = SnapshotText.Of(live.Space.Current);
        }

        var replayed = new ReplayObserver();
        await using var again = await OpenAsync(Manual, replayed);

        Assert.Equal(before.Skip(1), SnapshotText.Of(again.Space.Current).Skip(1)); // a barrier was added behind
        Assert.Equal(checkpoint, again.Space.GetStatistics().CheckpointPosition);
        Assert.InRange(replayed.TotalBytes, 1, again.Space.GetStatistics().LogBytes / 10);
    }

    [Fact]
    public async Task Space_WhenItIsReopenedManyTimes_StaysTheSameAsItsLog()
    {
        for (var round = 0; round < 12; round++)
        {
            await using var live = await OpenAsync(Manual);
            await WriteAsync(live, round * 37, (round * 37) + 60);
            if (round % 3 != 2)
            {
                await live.Space.CheckpointAsync(Token);
            }

            await WriteAsync(live, round * 11, (round * 11) + 5);
        }

        await using var fromCheckpoint = await OpenAsync(Manual);
        foreach (var blob in await Blobs(fromCheckpoint).ListAsync("manifests/", Token))
        {
            await Blobs(fromCheckpoint).DeleteAsync(blob.Name, Token);
        }

        await using var fromLog = await OpenAsync(Manual);
        Assert.Equal(LogPosition.Zero, fromLog.Space.GetStatistics().CheckpointPosition);
        Assert.Equal(SnapshotText.Of(fromLog.Space.Current).Skip(1), SnapshotText.Of(fromCheckpoint.Space.Current).Skip(1));
    }

    [Fact]
    public async Task Checkpoint_WhenTheTailIsLongEnough_IsWrittenByItself()
    {
        var options = EngineOptions.Default with { Checkpoints = CheckpointOptions.Default with { TailOperations = 50, TailBytes = long.MaxValue, Interval = TimeSpan.Zero } };
        await using var live = await OpenAsync(options);
        for (var i = 0; live.Space.GetStatistics().Checkpoints < 2; i++)
        {
            Assert.True(i < 5_000, "no checkpoint is written");
            await WriteAsync(live, i, i + 1);
        }

        Assert.True(live.Space.GetStatistics().CheckpointPosition > LogPosition.Zero);
    }

    [Fact]
    public async Task Space_WhenItIsClosedWithALongTail_StoresItFirst()
    {
        var options = Manual with { Checkpoints = Manual.Checkpoints with { ClosingOperations = 100 } };
        await using (var live = await OpenAsync(options))
        {
            await WriteAsync(live, 0, 200);
        }

        await using var again = await OpenAsync(options);
        Assert.InRange(again.Space.Current.Position.Value - again.Space.GetStatistics().CheckpointPosition.Value, 0, 200); // a barrier
    }

    [Fact]
    public async Task Snapshot_WhenCheckpointsGoOn_StaysTheSame()
    {
        await using (var live = await OpenAsync(Manual))
        {
            await WriteAsync(live, 0, 300);
            await live.Space.CheckpointAsync(Token);
        }

        await using var again = await OpenAsync(Manual);
        var held = again.Space.Current;
        for (var round = 0; round < 5; round++)
        {
            await WriteAsync(again, round * 50, (round * 50) + 100);
            await again.Space.CheckpointAsync(Token);
        }

        await using var fresh = await OpenAsync(Manual);
        Assert.NotEqual(SnapshotText.Of(fresh.Space.Current), SnapshotText.Of(held));
        Assert.Equal(held.Position, held.State.Position);
        Assert.Equal(300, held.ConceptCount);
        Assert.Equal(SnapshotText.Of(held), SnapshotText.Of(held));
    }

    [Fact]
    public async Task Segments_WhenTheSameRowsAreWrittenForEver_StayFewAndSmall()
    {
        await using var live = await OpenAsync(Manual);
        await WriteAsync(live, 0, 500);
        await live.Space.CheckpointAsync(Token);
        var first = await NewestAsync(live);
        for (var round = 0; round < 40; round++)
        {
            await WriteAsync(live, 0, 100);
            await live.Space.CheckpointAsync(Token);
        }

        var newest = await NewestAsync(live);
        Assert.InRange(newest.Segments.Count, 1, 12);
        Assert.InRange(newest.Segments.Sum(static file => file.LengthBytes), 1, first.Segments[0].LengthBytes * 3);
    }

    [Fact]
    public async Task Changes_WhenACheckpointLiesInBetween_AreAllThere()
    {
        await using (var live = await OpenAsync(Manual))
        {
            await WriteAsync(live, 0, 40);
            await live.Space.CheckpointAsync(Token);
            await WriteAsync(live, 40, 70);
            await live.Space.CheckpointAsync(Token);
            await WriteAsync(live, 70, 100);
            await RequireChangesAsync(live);
        }

        await using var again = await OpenAsync(Manual);
        await RequireChangesAsync(again);
    }

    [Fact]
    public async Task Checkpoint_WhenReplayFailsInTheMidstOfACommit_IsNotWritten()
    {
        await using var live = await OpenAsync(Manual);
        await WriteAsync(live, 0, 10);
        await live.Space.CheckpointAsync(Token);
        await live.Space.DisposeAsync();
        var log = _store.OpenLog(live.Space.Record);
        var segment = (await NewestAsync(live)).Segments[0].Name;
        var bytes = (await Blobs(live).ReadAsync(segment, int.MaxValue, Token))!;
        bytes.AsSpan(64, 500).Fill(0xEE);
        await Blobs(live).ReplaceAsync(segment, bytes, Token);
        await log.DisposeAsync();

        await using var broken = await OpenAsync(Manual);
        var position = broken.Space.Current.Position;
        await Assert.ThrowsAsync<CairnException>(() => WriteAsync(broken, 0, 10));

        await Assert.ThrowsAsync<CairnException>(() => broken.Space.CheckpointAsync(Token).AsTask());
        Assert.True(broken.Space.GetStatistics().CheckpointPosition <= position);
    }

    [Fact]
    public async Task Space_WhenASegmentIsMissingOrDamaged_DoesNotOpenAndNamesIt()
    {
        string name;
        await using (var live = await OpenAsync(Manual))
        {
            await WriteAsync(live, 0, 10);
            await live.Space.CheckpointAsync(Token);
            name = (await NewestAsync(live)).Segments[0].Name;
            await Blobs(live).ReplaceAsync(name, new byte[100], Token);
        }

        var damaged = await Assert.ThrowsAsync<CairnException>(() => OpenAsync(Manual));
        Assert.Equal(ErrorKind.Corrupt, damaged.Kind);
        Assert.Contains(name, damaged.Message, StringComparison.Ordinal);
    }

    private static async Task RequireChangesAsync(LiveSpace live)
    {
        using var reader = live.Space.ReadChanges(LogPosition.Zero);
        var page = await reader.ReadAsync(200, Token);
        Assert.Equal(100, page.Count);
        Assert.Equal(page.Select(static change => change.Position).Order(), page.Select(static change => change.Position));
    }

    private Task<LiveSpace> OpenAsync(EngineOptions options, IEngineObserver? observer = null) =>
        LiveSpace.OpenAsync(_store, observer ?? SilentEngineObserver.Instance, Token, options);

    private IBlobStore Blobs(LiveSpace live) => _store.OpenBlobs(live.Space.Record);

    private async Task<Manifest> NewestAsync(LiveSpace live) => (await new ManifestStore(Blobs(live), live.Space.Record.Incarnation).FindNewestAsync(Token))!;

    private static async Task WriteAsync(LiveSpace live, int from, int to)
    {
        for (var i = from; i < to; i++)
        {
            var number = i;
            await live.CommitAsync(
                commit =>
                {
                    commit.Set($"c{number}", $"value{number % 7}", number, Integers.Utf8(new string((char)('a' + (number % 26)), number % 300)));
                    if (number % 3 == 1)
                    {
                        commit.Link($"c{number}", "knows", $"c{number / 2}");
                    }
                },
                Token);
        }
    }

    private sealed class ReplayObserver : IEngineObserver
    {
        public long TotalBytes { get; private set; }

        public void Replaying(long doneBytes, long totalBytes) => TotalBytes = totalBytes;
    }
}
