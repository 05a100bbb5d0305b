using Cairn.Primitives;
using Cairn.Reconciliation;

namespace Cairn.Domain.Tests.Reconciliation;

public sealed class WriterTableTests
{
    private static readonly WriterId One = new(1);
    private static readonly WriterId Two = new(2);
    private static readonly Timestamp Noon = Timestamp.From(new DateTimeOffset(2026, 1, 31, 12, 0, 0, TimeSpan.Zero));

    private readonly WriterTable _writers = new();

    [Fact]
    public void TryAdvance_WhenSequencesRepeat_RefusesThem()
    {
        Assert.True(_writers.TryAdvance(One, 1, Noon));
        Assert.True(_writers.TryAdvance(One, 2, Noon));
        Assert.False(_writers.TryAdvance(One, 2, Noon));
        Assert.False(_writers.TryAdvance(One, 1, Noon));
        Assert.True(_writers.TryAdvance(One, 3, Noon));
    }

    [Fact]
    public void TryAdvance_WhenWritersTakeTurns_KeepsThemApart()
    {
        for (var sequence = 1UL; sequence < 100; sequence++)
        {
            Assert.True(_writers.TryAdvance(One, sequence, Noon));
            Assert.True(_writers.TryAdvance(Two, sequence, Noon));
            Assert.False(_writers.TryAdvance(One, sequence, Noon));
            Assert.False(_writers.TryAdvance(Two, sequence, Noon));
        }
    }

    [Fact]
    public void TryAdvance_WhenADayPassed_HasForgottenTheWriter()
    {
        Assert.True(_writers.TryAdvance(One, 5, Noon));
        Assert.False(_writers.TryAdvance(One, 5, Noon.Plus(WriterTable.Remembered)));
        Assert.True(_writers.TryAdvance(One, 5, Noon.Plus(WriterTable.Remembered + TimeSpan.FromMicroseconds(1))));
    }

    [Fact]
    public void TryAdvance_WhenTheClockStandsAtTheEpoch_RemembersAllTheSame()
    {
        Assert.True(_writers.TryAdvance(One, 1, default));
        Assert.False(_writers.TryAdvance(One, 1, default));
    }

    [Fact]
    public void TryAdvance_WhenMoreWritersComeThanAreKept_StillKnowsTheRecentOnes()
    {
        // A writer a second for more than a day: those of the last 24 hours are known, whatever was swept meanwhile.
        const int Writers = 100_000;
        for (var i = 0; i < Writers; i++)
        {
            Assert.True(_writers.TryAdvance(new((UInt128)i + 10), 7, Noon.Plus(TimeSpan.FromSeconds(i))));
        }

        var now = Noon.Plus(TimeSpan.FromSeconds(Writers - 1));
        for (var i = Writers - 86_400; i < Writers; i++)
        {
            Assert.False(_writers.TryAdvance(new((UInt128)i + 10), 7, now));
        }

        Assert.True(_writers.TryAdvance(new(10), 7, now));
    }
}
