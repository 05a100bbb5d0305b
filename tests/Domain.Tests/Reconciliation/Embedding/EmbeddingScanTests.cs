using Cairn.Domain.Tests.Reconciliation.Model;
using Cairn.Formats;
using Cairn.Model;
using Cairn.Primitives;
using Cairn.Reconciliation.Embedding;
using Cairn.Snapshots;

namespace Cairn.Domain.Tests.Reconciliation.Embedding;

public sealed class EmbeddingScanTests
{
    private const int Concepts = 300;
    private static readonly Incarnation Life = new(5);

    /// <summary>What of a checkpoint is not in memory cannot be told from what of another one is not.</summary>
    [Fact]
    public void Run_WhenTheStateIsOfAnotherGeneration_LooksAtAllOfIt()
    {
        var (replay, stored) = (new ReplayHarness(Life, isStored: true), new StoredStates(Life, 42));
        replay.Commit(static writer => Enumerable.Range(0, Concepts).ToList().ForEach(row => writer.Put(new Concept { Id = $"c{row}", Content = "apple" }, OnExists.Replace)));
        replay.Publish();
        stored.Store(replay.State, replay.Applier, replay.Frames.Count, replay.Frames.Sum(static frame => (long)frame.Length));
        var (first, second) = (stored.Open().State.Publish(), stored.Open().State.Publish());
        var scan = new EmbeddingScan(model: 7);

        Assert.Equal(Concepts, Count(scan, first, replay.Now));
        scan.Accept(first);
        Assert.Equal(Concepts % 128, Count(scan, first, replay.Now));
        Assert.Equal(Concepts, Count(scan, second, replay.Now));
    }

    private static long Count(EmbeddingScan scan, Snapshot snapshot, Timestamp now)
    {
        scan.Run(snapshot, now, TestContext.Current.CancellationToken);
        return scan.Count;
    }
}
