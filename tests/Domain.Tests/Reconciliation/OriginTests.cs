using Cairn.Formats;
using Cairn.Model;
using Cairn.Primitives;
using Cairn.Reconciliation;

namespace Cairn.Domain.Tests.Reconciliation;

/// <summary>Events of a hub, which are handed out again: replay goes by the place that each had.</summary>
public sealed class OriginTests
{
    private static readonly Incarnation Hub = new(7), OtherHub = new(8);

    [Fact]
    public void Apply_WhenAnEventComesAgain_SkipsIt()
    {
        var replay = new ReplayHarness();
        replay.Commit(writer => Put(writer, "a"), "one", origin: At(5));
        replay.Commit(writer => Put(writer, "b"), origin: At(9));

        var again = replay.Commit(writer => Put(writer, "a"), "one", origin: At(5));
        var nameless = replay.Commit(writer => Put(writer, "c"), origin: At(9));

        Assert.Equal((OutcomeKind.Committed, true, 1), (again.Kind, again.IsDuplicate, again.Results.Count));
        Assert.Equal((OutcomeKind.Committed, true, 0), (nameless.Kind, nameless.IsDuplicate, nameless.Results.Count));
        Assert.Equal(2, replay.State.Publish().ConceptCount);
        Assert.Equal(9, replay.Applier.Origins.Find(Hub, 0)!.Value.Last.SequenceNumber);
    }

    [Fact]
    public void Apply_WhenEventsAreOfOtherPartitionsOrLives_KnowsThemApart()
    {
        var replay = new ReplayHarness();
        replay.Commit(writer => Put(writer, "a"), origin: At(5));
        replay.Commit(writer => Put(writer, "b"), origin: At(5) with { Partition = 1 });
        replay.Commit(writer => Put(writer, "c"), origin: At(1) with { Hub = OtherHub });
        replay.Commit(writer => Put(writer, "d"), origin: At(6));

        Assert.Equal(4, replay.State.Publish().ConceptCount);
        Assert.Equal([(7UL, 0U, 6L), (7UL, 1U, 5L), (8UL, 0U, 1L)], replay.Applier.Origins.Origins.Select(static each => ((ulong)each.Last.Hub.Value, each.Last.Partition, each.Last.SequenceNumber)));
    }

    [Fact]
    public void Apply_WhenAnEventIsPublishedTwice_KnowsItByTheIdOfItsCommit()
    {
        var replay = new ReplayHarness();
        replay.Commit(writer => Put(writer, "a"), "one", origin: At(5));

        var again = replay.Commit(writer => Put(writer, "a"), "one", origin: At(6));

        Assert.True(again.IsDuplicate);
        Assert.Equal(6, replay.Applier.Origins.Find(Hub, 0)!.Value.Last.SequenceNumber);
    }

    [Fact]
    public void Apply_WhenTheHubStoodStillForDays_KnowsWhatItNamedItselfByItsPlace()
    {
        var replay = new ReplayHarness();
        var sent = replay.Now;
        replay.Commit(writer => Put(writer, "a"), "known");
        replay.Now = sent.Plus(TimeSpan.FromDays(4));
        replay.Commit(writer => Put(writer, "b"));

        Assert.Equal(RejectionReason.Expired, replay.Commit(writer => Put(writer, "c"), "late", sent).Reason);
        Assert.Equal(RejectionReason.Expired, replay.Commit(writer => Put(writer, "c"), "late-event", sent, At(2)).Reason);
        Assert.Equal(OutcomeKind.Committed, replay.Commit(writer => Put(writer, "c"), null, sent, At(3)).Kind);
        replay.Now = replay.Now.Plus(TimeSpan.FromDays(4));
        Assert.True(replay.Commit(writer => Put(writer, "c"), null, sent, At(3)).IsDuplicate);
        Assert.Equal(3, replay.State.Publish().ConceptCount);
    }

    [Fact]
    public void TryAdvance_WhenThereAreTooMany_ForgetsThatWhichStoodStillForLongest()
    {
        var table = new OriginTable();
        for (var partition = 0U; partition <= OriginTable.MaxOrigins; partition++)
        {
            Assert.True(table.TryAdvance(new(Hub, partition, 1), Timestamp.Min.Plus(TimeSpan.FromSeconds(partition == 3 ? 0 : partition + 1))));
        }

        Assert.Equal(OriginTable.MaxOrigins, table.Origins.Count);
        Assert.Null(table.Find(Hub, 3));
        Assert.NotNull(table.Find(Hub, 0));
    }

    private static Origin At(long number) => new(Hub, 0, number);

    private static void Put(CommitWriter writer, string id) => writer.Put(new Concept { Id = id }, OnExists.Replace);
}
