using System.Text;
using Cairn.Diagnostics;
using Cairn.Domain.Tests.Formats;
using Cairn.Formats;
using Cairn.Log;
using Cairn.Model;
using Cairn.Primitives;
using Cairn.Reconciliation;
using Cairn.Storage;

namespace Cairn.Domain.Tests.Reconciliation;

/// <summary>The trace contexts that commits carry through the log.</summary>
public sealed class CommitTracesTests
{
    private static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Commits_WhenTheyCarryATrace_TellOfItOnceTheyAreVisibleAndNotWhenTheLogIsReadAgain()
    {
        var store = new MemorySpaceStore();
        var seen = new List<(string Trace, int Commits)>();
        await using (var catalog = Open(store, seen))
        {
            var (space, _) = await catalog.CreateAsync(SpaceName.Parse("demo"), Cancelled);
            await space.CommitAsync(Put(space, "first", "00-a-01"), Cancelled);
            await space.CommitAsync(Put(space, "second", ""), Cancelled);
            await space.CommitAsync(Put(space, "third", "00-b-01"), Cancelled);

            Assert.Equal([("00-a-01", 1), ("00-b-01", 1)], seen);
        }

        await using var again = Open(store, seen);
        Assert.Equal(3, (await again.FindAsync(SpaceName.Parse("demo"), Cancelled))!.Current.ConceptCount);
        Assert.Equal(2, seen.Count);
    }

    [Fact]
    public void Report_WhenCommitsInARowHaveTheSameTrace_TellsOfThemOnce()
    {
        var seen = new List<(string Trace, int Commits)>();
        var traces = new CommitTraces(new Observer(seen), new SpaceClock(TimeProvider.System));
        foreach (var trace in new[] { "a", "a", "", "a", "b", "a" })
        {
            traces.Add(FrameOf(trace), 0);
        }

        traces.Report();
        traces.Report();

        Assert.Equal([("a", 3), ("b", 1), ("a", 1)], seen);
    }

    private static LogFrame FrameOf(string trace)
    {
        var writer = new CommitWriter(Commits.Incarnation) { Trace = Encoding.ASCII.GetBytes(trace) };
        writer.Begin("c"u8, givenByCaller: false, Commits.Noon);
        Commits.PutAda(writer, "ada"u8);
        return new(writer.Finish().Frame.ToArray(), default);
    }

    private static EncodedCommit Put(Space space, string id, string trace)
    {
        var writer = new CommitWriter(space.Record.Incarnation) { Trace = Encoding.ASCII.GetBytes(trace) };
        writer.Begin("made"u8, givenByCaller: false, space.Now());
        writer.Put(new Concept { Id = id }, OnExists.Replace);
        return writer.Finish();
    }

    private static SpaceCatalog Open(MemorySpaceStore store, List<(string Trace, int Commits)> seen)
    {
        var ids = (ulong)seen.Count * 1_000;
        return new(store, EngineOptions.Default, _ => new(TimeProvider.System, () => Interlocked.Increment(ref ids), new Observer(seen)));
    }

    private sealed class Observer(List<(string Trace, int Commits)> seen) : IEngineObserver
    {
        public void TraceSeen(ReadOnlySpan<byte> trace, int commits, TimeSpan duration) => seen.Add((Encoding.ASCII.GetString(trace), commits));
    }
}
