using Cairn.Columns;

namespace Cairn.Domain.Tests.Columns;

public sealed class VersionedBitsTests
{
    [Fact]
    public void Publish_WhenBitsChangeAtRandom_EachVersionStaysAsItWas() => Properties.CheckRandom(50, static random =>
    {
        var writer = new VersionedBitsWriter();
        var expected = new HashSet<int>();
        var versions = new List<(VersionedBits Bits, int[] Expected)>();
        for (var i = 0; i < 400; i++)
        {
            var number = random.Next(3 * VersionedBits.BitsPerPage);
            var isIn = random.Next(3) > 0;
            writer.Set(number, isIn);
            _ = isIn ? expected.Add(number) : expected.Remove(number);
            if (random.Next(20) == 0)
            {
                versions.Add((writer.Publish(), [.. expected.Order()]));
            }
        }

        foreach (var (bits, numbers) in versions)
        {
            Assert.Equal(numbers, Enumerable.Range(0, 4 * VersionedBits.BitsPerPage).Where(bits.Contains));
        }
    });

    [Fact]
    public void SetWord_WhenBitsWereThere_TakesTheirPlace()
    {
        var writer = new VersionedBitsWriter();
        writer.Set(130, isIn: true);
        var before = writer.Publish();
        writer.SetWord(2, 0b1001);

        Assert.Equal((0b100UL, 0b1001UL, 0UL), (before.Word(2), writer.Publish().Word(2), before.Word(1)));
    }

    [Fact]
    public void Word_WhenBeyondAllThatWasSet_IsEmpty() => Assert.Equal(0UL, new VersionedBitsWriter().Publish().Word(1_000_000));
}
