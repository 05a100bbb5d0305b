using System.Globalization;
using Cairn.Diagnostics;
using Cairn.Domain.Tests.Concurrency;
using Cairn.Domain.Tests.Reconciliation.Model;
using Cairn.Formats;
using Cairn.Model;
using Cairn.Primitives;
using Cairn.Reconciliation;
using Cairn.Snapshots;
using Cairn.Snapshots.Checkpoints;
using Cairn.Storage;

namespace Cairn.Domain.Tests.Reconciliation.Compaction;

/// <summary>An open space gives dead rows and unused keys back, and nobody notices but by the room.</summary>
public sealed class GenerationTests : IAsyncDisposable
{
    /// <summary>Checkpoints on demand.</summary>
    private static readonly EngineOptions Manual = EngineOptions.Default with
    {
        Checkpoints = CheckpointOptions.Default with
        {
            TailOperations = long.MaxValue,
            TailBytes = long.MaxValue,
            ClosingOperations = long.MaxValue,
            CompactionRows = 50,
        },
    };

    private readonly MemorySpaceStore _store = new();
    private readonly Observer _observer = new();

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public ValueTask DisposeAsync() => _store.DisposeAsync();

    [Fact]
    public async Task Checkpoint_WhenTooMuchIsDead_GivesItBackAndAllElseStays()
    {
        await using var live = await OpenAsync();
        await ChurnAsync(live, 0, 200, keepEvery: 3);
        var (before, held) = (SnapshotText.Of(live.Space.Current), live.Space.Current);
        Assert.True(live.Space.GetStatistics().DeadConcepts > 100);
        await live.Space.CheckpointAsync(Token);

        Assert.Equal((0, 0), (live.Space.GetStatistics().DeadConcepts, live.Space.GetStatistics().DeadAssociations));
        Assert.Equal(before.Skip(1), SnapshotText.Of(live.Space.Current).Skip(1));
        Assert.Equal(before, SnapshotText.Of(held));
        Assert.True(live.Space.Current.Ids.Count < 110 && live.Space.Current.Types.Count < 80);
        Assert.Single(_observer.Compactions);
        await RequireSameAsLogAsync(live);
    }

    [Fact]
    public async Task Checkpoint_WhenLittleIsDead_OnlyAdds()
    {
        await using var live = await OpenAsync();
        await ChurnAsync(live, 0, 200, keepEvery: 1);
        await live.CommitAsync(commit => commit.Delete("c7"u8, OnMissing.Fail), Token);
        await live.Space.CheckpointAsync(Token);

        Assert.Equal(1, live.Space.GetStatistics().DeadConcepts);
        Assert.Empty(_observer.Compactions);
    }

    [Fact]
    public async Task Space_WhenGenerationsComeAndGo_StaysTheSameAsItsLog()
    {
        for (var round = 0; round < 6; round++)
        {
            await using var live = await OpenAsync();
            for (var i = 0; i < 3; i++)
            {
                await ChurnAsync(live, (round * 300) + (i * 100), (round * 300) + (i * 100) + 100, keepEvery: 4);
                await ChurnAsync(live, 0, 20, keepEvery: 2);
                await live.Space.CheckpointAsync(Token);
            }

            await ChurnAsync(live, round * 7, (round * 7) + 30, keepEvery: 5);
            await RequireSameAsLogAsync(live);
        }

        Assert.True(_observer.Compactions.Count >= 6);
    }

    [Fact]
    public async Task Commit_WhenItIsRepeatedBehindAGeneration_GetsItsFirstOutcome()
    {
        await using var live = await OpenAsync();
        var first = await GiveAsync(live, "given-1");
        await ChurnAsync(live, 0, 200, keepEvery: 3);
        await live.Space.CompactAsync(Token);
        var between = await GiveAsync(live, "given-2");
        await live.Space.CompactAsync(Token);

        Assert.Equal((first.Position, true), (await GiveAsync(live, "given-1") is var again ? again.Position : default, again.IsDuplicate));
        Assert.Equal(between.Position, (await GiveAsync(live, "given-2")).Position);
        Assert.Equal(first.Position, live.Space.FindCommit("given-1"u8)!.Position);
        Assert.Equal(2, _observer.Compactions.Count);
        using var reader = live.Space.ReadChanges(LogPosition.Zero);
        Assert.Equal(between.Position, await LastChangeAsync(reader));
    }

    [Fact]
    public async Task Keys_WhenOneConceptGetsEverNewLabels_AreGivenBack()
    {
        await using var live = await OpenAsync();
        for (var i = 0; i < 300; i++)
        {
            var number = i;
            await live.CommitAsync(
                commit =>
                {
                    commit.BeginPatch("one"u8, OnMissing.Create);
                    commit.BeginLabels();
                    commit.Label(Integers.Utf8($"label-{number}"));
                    commit.EndLabels();
                    commit.EndOperation();
                },
                Token);
            if (i % 100 == 99)
            {
                await live.Space.CheckpointAsync(Token);
            }
        }

        Assert.Equal((1, 1), (live.Space.Current.Labels.Count, live.Space.Current.LabelSets.Count));
        Assert.True(live.Space.Current.FindLabel("label-299"u8) >= 0);
    }

    [Fact]
    public async Task Dictionary_WhenItWasFullAndIsNotAnyMore_HasAllShortTexts()
    {
        await using var live = await OpenAsync();
        const int Texts = 4_500;
        for (var i = 0; i < Texts; i++)
        {
            await SetTextAsync(live, i, i);
        }

        // The last 404 texts lie in the arena; most of the numbered ones go.
        for (var i = 0; i < 4_000; i++)
        {
            var number = i;
            await live.CommitAsync(commit => commit.Delete(Integers.Utf8($"t{number}"), OnMissing.Fail), Token);
        }

        await live.Space.CheckpointAsync(Token);
        await SetTextAsync(live, 1, 4_499);
        var snapshot = live.Space.Current;
        var column = snapshot.Concepts.Layout.Of("text"u8)[0];
        Assert.Equal(500, column.Dictionary!.Count);
        Assert.True(column.TryGetCell(Integers.Utf8("text number 4499"), out var cell));
        var rows = Enumerable.Range(0, snapshot.ConceptRows).Count(row => snapshot.Concepts.Table.TryGet(row, column.Column, out var found) && found == cell);
        Assert.Equal(2, rows);
        await RequireSameAsLogAsync(live);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Space_WhenItEndsBetweenManifestAndAdoption_OpensRight(bool storesAgain)
    {
        await using (var live = await LiveSpace.OpenAsync(_store, new FailingObserver(), Token, Manual))
        {
            await ChurnAsync(live, 0, 200, keepEvery: 3);
            await Assert.ThrowsAsync<IOException>(() => live.Space.CompactAsync(Token).AsTask());

            // It goes on with what it has, and stores all of it anew.
            Assert.True(live.Space.GetStatistics().DeadConcepts > 100);
            await ChurnAsync(live, 500, 510, keepEvery: 1);
            await RequireSameAsLogAsync(live);
            if (storesAgain)
            {
                await live.Space.CheckpointAsync(Token);
            }
        }

        await using var again = await OpenAsync();
        Assert.Equal(0, again.Space.GetStatistics().DeadConcepts);
        await RequireSameAsLogAsync(again);
    }

    [Fact]
    public async Task Churn_WhenItGoesOnForLong_LeavesRoomFlat()
    {
        var options = EngineOptions.Default with
        {
            Overflow = OverflowPolicy.Wait,
            Checkpoints = CheckpointOptions.Default with { TailOperations = 4_000, MaxTailOperations = 20_000, Interval = TimeSpan.Zero, CompactionRows = 1_000, Retention = TimeSpan.Zero },
        };
        await using var live = await LiveSpace.OpenAsync(_store, _observer, Token, options);
        var (most, mostBytes) = (0, 0L);
        for (var i = 0; i < 300_000; i += 1_000)
        {
            await IngestChurnAsync(live, i, 1_000);
            (most, mostBytes) = (Math.Max(most, live.Space.Current.ConceptRows), Math.Max(mostBytes, live.Space.Current.Ids.KeyBytes));
        }

        Assert.True(_observer.Compactions.Count > 5, $"{_observer.Compactions.Count} compactions");
        Assert.InRange(most, 0, 40_000);
        Assert.InRange(mostBytes, 0, 40_000 * 11);
        Assert.InRange(live.Space.GetStatistics().MemoryBytes, 0, 40_000_000);
        await live.Space.CompactAsync(Token);
        Assert.Equal(0, live.Space.Current.ConceptRows);
        var newest = (await new ManifestStore(_store.OpenBlobs(live.Space.Record), live.Space.Record.Incarnation).FindNewestAsync(Token))!;
        Assert.InRange(newest.Segments.Sum(static file => file.LengthBytes), 1, 10_000);
    }

    private static async Task IngestChurnAsync(LiveSpace live, int from, int count)
    {
        for (var i = from; i < from + count; i += 500)
        {
            var first = i;
            await live.CommitAsync(
                commit =>
                {
                    for (var number = first; number < first + 500; number++)
                    {
                        var id = Integers.Utf8(number.ToString(CultureInfo.InvariantCulture));
                        commit.BeginPut(id, OnExists.Fail);
                        commit.EndOperation();
                        commit.Delete(id, OnMissing.Fail);
                    }
                },
                Token);
        }
    }

    private static Task<CommitOutcome> SetTextAsync(LiveSpace live, int id, int text) => live.CommitAsync(
        commit =>
        {
            commit.BeginPatch(Integers.Utf8($"t{id}"), OnMissing.Create);
            commit.BeginAttributes();
            commit.Attribute("text"u8);
            commit.String(Integers.Utf8($"text number {text}"));
            commit.EndAttributes();
            commit.EndOperation();
        },
        Token);

    private static async Task ChurnAsync(LiveSpace live, int from, int to, int keepEvery)
    {
        for (var i = from; i < to; i++)
        {
            var number = i;
            await live.CommitAsync(
                commit =>
                {
                    commit.Set($"c{number}", $"value{number % 7}", number, Integers.Utf8(new string((char)('a' + (number % 26)), number % 300)));
                    commit.BeginAssociate(
                        new(Integers.Utf8($"c{number}"), Integers.Utf8($"knows-{number}"), Integers.Utf8($"implied-{number % 40}"), default), OnExists.Replace, MissingEndpoints.Imply);
                    commit.EndOperation();
                },
                Token);
            if (number % keepEvery != 0)
            {
                await live.CommitAsync(commit => commit.Delete(Integers.Utf8($"c{number}"), OnMissing.Fail), Token);
            }
        }
    }

    private static async Task<CommitOutcome> GiveAsync(LiveSpace live, string id)
    {
        var writer = new CommitWriter(live.Space.Record.Incarnation);
        writer.Begin(Integers.Utf8(id), givenByCaller: true, live.Space.Now());
        writer.Set("given", "value", 1);
        return await live.Space.CommitAsync(writer.Finish(), Token);
    }

    private static async Task<LogPosition> LastChangeAsync(Cairn.Reconciliation.Changes.ChangeReader reader)
    {
        var last = LogPosition.Zero;
        for (var page = await reader.ReadAsync(1_000, Token); page.Count > 0 && page[^1].Position > last; page = await reader.ReadAsync(1_000, Token))
        {
            last = page[^1].Position;
            if (page.Count < 1_000)
            {
                break;
            }
        }

        return last;
    }

    // As a process that has nothing but the log.
    private async Task RequireSameAsLogAsync(LiveSpace live)
    {
        var replay = new ReplayHarness(incarnation: live.Space.Record.Incarnation);
        await using var log = _store.OpenLog(live.Space.Record);
        await foreach (var frame in new Cairn.Log.LogReader(log).ReadFramesAsync(LogPosition.Zero, live.Space.Current.Position, Token))
        {
            replay.Replay(frame);
        }

        Assert.Equal(SnapshotText.Of(replay.Publish()).Skip(1), SnapshotText.Of(live.Space.Current).Skip(1));
    }

    private Task<LiveSpace> OpenAsync() => LiveSpace.OpenAsync(_store, _observer, Token, Manual);

    private class Observer : IEngineObserver
    {
        public List<CompactionReport> Compactions { get; } = [];

        public virtual void Checkpointed(in CheckpointReport checkpoint)
        {
        }

        public void Compacted(in CompactionReport compaction) => Compactions.Add(compaction);
    }

    /// <summary>Fails the first time between the manifest and what follows it.</summary>
    private sealed class FailingObserver : Observer
    {
        private bool _hasFailed;

        public override void Checkpointed(in CheckpointReport checkpoint)
        {
            if (!_hasFailed)
            {
                _hasFailed = true;
                throw new IOException("the process ends here");
            }
        }
    }
}
