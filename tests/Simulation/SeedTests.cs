namespace Cairn.Simulation;

public sealed class SeedTests
{
    [Fact]
    public void ToString_WhenParsedBack_ReplaysTheSameSequence()
    {
        var seed = Seed.FromEnvironment();
        var replayed = Seed.Parse(seed.ToString()[(Seed.Variable.Length + 1)..]);

        Assert.NotNull(replayed);
        Assert.Equal(Draw(seed), Draw(replayed.Value));
    }

    [Theory]
    [InlineData(null)]
    [InlineData("")]
    [InlineData("0x1F")]
    [InlineData("99999999999")]
    public void Parse_WhenNotASeed_GivesNull(string? text) => Assert.Null(Seed.Parse(text));

    private static int[] Draw(Seed seed)
    {
        var random = seed.CreateRandom();
        return [.. Enumerable.Range(0, 100).Select(_ => random.Next())];
    }
}
