using Cairn.Reconciliation;

namespace Cairn.Domain.Tests.Reconciliation;

public sealed class GroupSizesTests
{
    [Theory]
    [InlineData(0, 0, 1)]
    [InlineData(1, 1, 1)]
    [InlineData(1, 15, 8)]
    [InlineData(15, 1, 8)]
    [InlineData(8, 8, 8)]
    [InlineData(8, 7, 8)]
    [InlineData(100, 0, 50)]
    public void IsHalf_WhenGroupsHadSizes_AsksForHalfOfTheLastTwo(int lastButOne, int last, int half)
    {
        var sizes = default(GroupSizes);
        sizes.Note(1000);
        sizes.Note(lastButOne);
        sizes.Note(last);

        Assert.True(sizes.IsHalf(half));
        Assert.Equal(half == 1 && lastButOne + last == 0, sizes.IsHalf(half - 1));
    }
}
