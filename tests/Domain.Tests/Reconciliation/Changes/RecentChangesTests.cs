using Cairn.Formats;
using Cairn.Model;
using Cairn.Primitives;
using Cairn.Reconciliation.Changes;

namespace Cairn.Domain.Tests.Reconciliation.Changes;

public sealed class RecentChangesTests
{
    [Fact]
    public void TryRead_WhileChangesAreAdded_GivesAllThatAreKeptAndNoPart() => Properties.CheckRandom(20, random =>
    {
        var (recent, all, largest) = (new RecentChanges(), new List<Change>(), random.Next(100, 20_000));
        var (start, position) = (random.Next(1_000), 0L);
        position = start;
        recent.Reset(new(start));
        for (var round = 0; round < 200; round++)
        {
            var added = Enumerable.Range(0, random.Next(60)).Select(_ => NewChange(position += random.Next(1, 50), random.Next(largest))).ToList();
            all.AddRange(added);
            recent.Add(new(added, new(position += random.Next(3))));

            var after = new LogPosition(random.NextInt64(start, position + 3));
            var expected = all.Where(change => change.Position > after).ToList();
            if (recent.TryRead(after, 25, out var page))
            {
                Assert.Equal(expected.Take(25), page.Items);
                Assert.Equal(expected.Count > 25 ? page.Items[^1].Position : new(position), page.Through);
            }
            else
            {
                Assert.True(after > recent.Top || expected.Count > recent.Count, "nothing was missing");
            }
        }

        Assert.InRange(recent.Count, 1, RecentChanges.MaxChanges);
        Assert.InRange(all.TakeLast(recent.Count).Sum(change => change.Bytes), 1, RecentChanges.MaxBytes);
    });

    [Fact]
    public void Add_WhenOneIsLargerThanAll_KeepsThatOne()
    {
        var recent = new RecentChanges();
        recent.Reset(new(1));
        recent.Add(new([NewChange(5, 100), NewChange(6, (int)RecentChanges.MaxBytes)], new(6)));

        Assert.Equal(1, recent.Count);
        Assert.False(recent.TryRead(new(1), 10, out _));
        Assert.True(recent.TryRead(new(5), 10, out var page));
        Assert.Equal(new LogPosition(6), Assert.Single(page.Items).Position);
    }

    private static Change NewChange(long position, int contentBytes)
    {
        var frame = new byte[FrameFormat.SystemFrameBytes(contentBytes)];
        FrameFormat.WriteSystemFrame(frame, FrameKind.Barrier, new byte[contentBytes], new(1), 1, Timestamp.Min);
        return new(new(frame, new(position)), new(Timestamp.Min, 0, new CommitOutcome { Kind = OutcomeKind.Committed, Position = new(position) }));
    }
}
