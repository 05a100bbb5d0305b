using System.Text;
using Cairn.Diagnostics;
using Cairn.Formats;
using Cairn.Model;
using Cairn.Query;
using Cairn.Snapshots;
using Cairn.Storage;

namespace Cairn.Domain.Tests.Concurrency;

/// <summary>A read never waits for a write: the writer is held at each of its steps, a backlog behind it, and every read completes.</summary>
public sealed class PausedWriterTests
{
    private const int Readers = 50;
    private const int ReadsPerReader = 100;
    private const int Ring = 200;
    private const int Backlog = 500;
    private const int AppendsPerFile = 5;
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    public static TheoryData<string> Points => [.. WriterGate.Points];

    private static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    [Theory]
    [MemberData(nameof(Points))]
    public async Task Reads_WhenTheWriterIsHeld_Complete(string point)
    {
        var gate = new WriterGate();
        var store = new GatedStore(new MemorySpaceStore(AppendsPerFile), gate);
        await using var live = await LiveSpace.OpenAsync(store, new GatedObserver(gate), Cancelled);
        await live.CommitAsync(WriteRing, Cancelled);

        gate.Close(point);
        try
        {
            var (held, round) = await CommitUntilHeldAsync(live, gate);
            var backlog = Enumerable.Range(0, Backlog).Select(i => live.IngestAsync(commit => commit.Set($"backlog-{i}", "value", i), Cancelled)).ToArray();
            var visible = point == nameof(WriterStep.Published) ? round : round - 1;

            var reads = await Task.WhenAll(Enumerable.Range(0, Readers).Select(seed => Task.Run(() => Read(live, new Random(seed), visible))))
                .WaitAsync(Patience, Cancelled);

            Assert.Equal(Readers * ReadsPerReader, reads.Sum());
            Assert.False(held.IsCompleted, "the writer was not held");
            gate.Open();
            Assert.Equal(OutcomeKind.Committed, (await held).Kind);
            await live.Space.WaitForAsync((await Task.WhenAll(backlog)).Max(), Patience, Cancelled);
            RequireRound(live.Space.Current, round);
        }
        finally
        {
            gate.Open();
        }
    }

    // Only some commits roll the log to a new file, so it may take a few until one is held.
    private static async Task<(Task<CommitOutcome> Held, int Round)> CommitUntilHeldAsync(LiveSpace live, WriterGate gate)
    {
        for (var round = 1; round <= 2 * AppendsPerFile; round++)
        {
            var commit = live.CommitAsync(writer => WriteRound(writer, round), Cancelled);
            if (await Task.WhenAny(commit, gate.Reached).WaitAsync(Patience, Cancelled) == gate.Reached)
            {
                return (commit, round);
            }
        }

        throw new InvalidOperationException("the writer never came to the gate");
    }

    private static void WriteRing(CommitWriter commit)
    {
        WriteRound(commit, 0);
        for (var i = 0; i < Ring; i++)
        {
            commit.Set(Node(i), "value", i);
        }

        for (var i = 0; i < Ring; i++)
        {
            commit.Link(Node(i), "next", Node((i + 1) % Ring));
        }
    }

    // Touches all that readers share with the writer: a new concept and association, changed cells, a new attribute, a new type.
    private static void WriteRound(CommitWriter commit, int round)
    {
        commit.Set("first", "round", round);
        commit.Set("last", "round", round);
        commit.Set($"new-{round}", $"attribute-{round}", round);
        commit.Link("first", $"type-{round}", $"new-{round}");
    }

    private static int Read(LiveSpace live, Random random, int round)
    {
        var reads = 0;
        for (; reads < ReadsPerReader; reads++)
        {
            var snapshot = live.Space.Current;
            RequireRound(snapshot, round);
            var i = random.Next(Ring);
            Assert.Equal(i, snapshot.Get(Node(i), "value"));
            Assert.Equal(2, snapshot.CountNeighbors(Node(i), Direction.Both));
            Assert.True(snapshot.IsLinked(Node(i), "next", Node((i + 1) % Ring)));
            Assert.Equal(Math.Min(3, Ring - i), CountNodesFrom(snapshot, i, 3));
            Assert.Equal(3, PathLength(snapshot, i, (i + 3) % Ring));
            Assert.Equal(2, new NeighborQuery { Concept = RowOf(snapshot, i), Now = live.Space.Now() }.Run(snapshot, Cancelled).Items.Count);
            Assert.True(live.Space.Now() >= snapshot.LogClock);
            Assert.Null(live.Space.FindCommit("no-such-commit"u8));
            Assert.Equal(snapshot.Position, live.Space.GetStatistics().SnapshotPosition);
        }

        return reads;
    }

    private static void RequireRound(Snapshot snapshot, int round)
    {
        Assert.Equal(round, snapshot.Get("first", "round"));
        Assert.Equal(round, snapshot.Get("last", "round"));
        Assert.Equal(round, snapshot.Get($"new-{round}", $"attribute-{round}"));
        Assert.Equal(round + 1, snapshot.CountNeighbors("first", Direction.Out));
        Assert.False(snapshot.IsLinked("first", $"type-{round + 1}", $"new-{round + 1}"));
        Assert.Equal(-1, snapshot.FindConcept(Integers.Utf8($"new-{round + 1}")));
    }

    private static int CountNodesFrom(Snapshot snapshot, int node, int most)
    {
        var (walk, count) = (snapshot.ConceptsById(Integers.Utf8(Node(node)), inclusive: true), 0);
        while (count < most && walk.MoveNext() && Encoding.UTF8.GetString(snapshot.Concept(walk.Row).Id).StartsWith("node-", StringComparison.Ordinal))
        {
            count++;
        }

        return count;
    }

    private static int PathLength(Snapshot snapshot, int from, int to) =>
        Assert.Single(new PathQuery { From = RowOf(snapshot, from), To = RowOf(snapshot, to), Now = snapshot.LogClock }.Run(snapshot, Cancelled).Paths).Length;

    private static int RowOf(Snapshot snapshot, int node) => snapshot.FindConcept(Integers.Utf8(Node(node)));

    private static string Node(int i) => $"node-{i:d4}";
}
