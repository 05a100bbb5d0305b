using Cairn.Domain.Tests.Concurrency;
using Cairn.Diagnostics;
using Cairn.Formats;
using Cairn.Model;
using Cairn.Primitives;
using Cairn.Reconciliation;
using Cairn.Reconciliation.Outcomes;
using Cairn.Snapshots.Checkpoints;
using Cairn.Storage;

namespace Cairn.Domain.Tests.Reconciliation.Outcomes;

/// <summary>Small files of outcomes become larger ones, and nothing is lost.</summary>
public sealed class OutcomeMergeTests
{
    private static readonly Timestamp Noon = OutcomeCommits.Noon;

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public void Choose_WhenACheckpointComesEveryHalfMinuteForAWeek_LeavesDozensOfFiles()
    {
        var (ranges, written, random, week) = (new List<OutcomeRange>(), 0L, new Random(1), TimeSpan.FromDays(7));
        for (var i = 0; i < 7 * 24 * 120; i++)
        {
            var commits = (long)Math.Pow(10, random.NextDouble() * 4);
            ranges.Add(new(At(i), At(i + 1), TimeOf(i), TimeOf(i), Timestamp.Min, commits, 0));
            written += commits;
            if (OutcomeMerge.Choose(ranges, week) is var first and >= 0)
            {
                var merged = ranges.GetRange(first, OutcomeMerge.Files);
                var sum = merged.Sum(static range => range.Commits);
                ranges.RemoveRange(first, OutcomeMerge.Files);
                ranges.Insert(first, new(merged[0].After, merged[^1].End, merged[0].FirstTime, merged[^1].LastTime, Timestamp.Min, sum, 0));
                written += sum;
            }
        }

        var all = ranges.Sum(static range => range.Commits);
        Assert.InRange(ranges.Count, 8, 150);
        Assert.InRange(written / (double)all, 1, 8);
        Assert.All(ranges, range => Assert.True(range.FirstTime.Plus(week / 8) >= range.LastTime));
    }

    [Theory]
    [InlineData(15, 1, 0)]
    [InlineData(16, 1, 1_000)]
    [InlineData(16, 400_000, 0)]
    public void Choose_WhenThereAreTooFewOrOneIsLargeOrAllAre_ChoosesNone(int files, long commits, long large)
    {
        var ranges = Enumerable.Range(0, files).Select(i => new OutcomeRange(At(i), At(i + 1), TimeOf(i), TimeOf(i), Timestamp.Min, i == 3 && large > 0 ? large : commits, 0));

        Assert.Equal(-1, OutcomeMerge.Choose([.. ranges], TimeSpan.FromDays(7)));
    }

    [Fact]
    public async Task Space_WhenCheckpointsAreMany_KeepsFewFilesAndEveryOutcome()
    {
        await using var store = new MemorySpaceStore();
        var options = EngineOptions.Default with { Checkpoints = CheckpointOptions.Default with { TailOperations = long.MaxValue, ClosingOperations = long.MaxValue } };
        var given = new Dictionary<string, CommitOutcome>();
        for (var opening = 0; opening < 2; opening++)
        {
            await using var live = await LiveSpace.OpenAsync(store, SilentEngineObserver.Instance, Token, options, new SlowClock());
            foreach (var (id, outcome) in given)
            {
                Assert.Equal((outcome.Position, true), (await GiveAsync(live, id) is var again ? again.Position : default, again.IsDuplicate));
            }

            for (var i = 0; i < 60; i++)
            {
                var id = $"given-{opening}-{i}";
                given.Add(id, await GiveAsync(live, id));
                await live.CommitAsync(commit => commit.Set("made", "value", i), Token);
                await live.Space.CheckpointAsync(Token);
            }

            var newest = (await new ManifestStore(store.OpenBlobs(live.Space.Record), live.Space.Record.Incarnation).FindNewestAsync(Token))!;
            Assert.InRange(newest.Outcomes.Count, 1, 40);
            Assert.All(given, entry => Assert.Equal(entry.Value.Position, live.Space.FindCommit(Integers.Utf8(entry.Key))!.Position));
            using var reader = live.Space.ReadChanges(LogPosition.Zero);
            var page = await reader.ReadAsync(1_000, Token);
            Assert.Equal(120 * (opening + 1), page.Count);
        }
    }

    private static LogPosition At(int i) => LogPosition.Of(0, 1_000L * (i + 1));

    private static Timestamp TimeOf(int i) => Noon.Plus(TimeSpan.FromSeconds(30) * i);

    private static async Task<CommitOutcome> GiveAsync(LiveSpace live, string id)
    {
        var writer = new CommitWriter(live.Space.Record.Incarnation);
        writer.Begin(Integers.Utf8(id), givenByCaller: true, live.Space.Now());
        writer.Set(id, "value", 1);
        return await live.Space.CommitAsync(writer.Finish(), Token);
    }

    // All in one minute of the day's window.
    private sealed class SlowClock : TimeProvider
    {
        private static readonly DateTimeOffset Begin = new(2026, 1, 1, 0, 0, 0, TimeSpan.Zero);

        public override DateTimeOffset GetUtcNow() => Begin;
    }
}
