using Cairn.Query;

namespace Cairn.Domain.Tests.Query;

public sealed class PathScratchTests
{
    private const int Rows = 4096;

    [Theory]
    [InlineData(1_000, true)]
    [InlineData(1_000_000, false)]
    public void Return_WhenASearchNeededManyLabels_KeepsNoneOfTheirMemory(int labels, bool isKept)
    {
        // Of its own and not rented, so that searches of other tests cannot have it before.
        var scratch = new PathScratch(Rows);
        var strongest = scratch.Strongest;
        strongest.Labels.Begin();
        for (var i = 0; i < labels; i++)
        {
            strongest.Labels.Add(PathKey.OfStep(i), i % Rows, LabelSet.None, i);
        }

        PathScratch.Return(scratch);

        Assert.Equal(isKept, ReferenceEquals(strongest, scratch.Strongest));
    }
}
