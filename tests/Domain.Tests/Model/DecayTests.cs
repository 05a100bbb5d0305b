using Cairn.Model;
using Cairn.Primitives;

namespace Cairn.Domain.Tests.Model;

/// <summary>Replayed state depends on these bits: a change of any of them is a new rules version.</summary>
public sealed class DecayTests
{
    private static readonly Timestamp Noon = Timestamp.From(new DateTimeOffset(2026, 1, 31, 12, 0, 0, TimeSpan.Zero));

    [Theory]
    [InlineData(0, 0x3FF0000000000000)]
    [InlineData(1e-9, 0x3FEFFFFFFFA0BC0E)]
    [InlineData(0.1, 0x3FEDDB680117AB12)]
    [InlineData(0.25, 0x3FEAE89F995AD3AD)]
    [InlineData(1d / 3, 0x3FE965FEA53D6E3D)]
    [InlineData(0.5, 0x3FE6A09E667F3BCC)]
    [InlineData(0.999999, 0x3FE00000BA10BA62)]
    [InlineData(1, 0x3FE0000000000000)]
    [InlineData(1.5, 0x3FD6A09E667F3BCC)]
    [InlineData(10.75, 0x3F4306FE0A31B715)]
    [InlineData(52.3, 0x3CA9FDF8BCCE534C)]
    [InlineData(149, 0x36A0000000000000)]
    [InlineData(700.125, 0x142D5818DCFBA487)]
    [InlineData(999.9, 0x017125FBEE2506B0)]
    [InlineData(1000, 0)]
    [InlineData(double.PositiveInfinity, 0)]
    [InlineData(double.NaN, 0)]
    public void HalfToThe_WhenAsked_HasTheseBits(double exponent, long bits) =>
        Assert.Equal(bits, BitConverter.DoubleToInt64Bits(Decay.HalfToThe(exponent)));

    [Theory]
    [InlineData(1f, 1, 3_600_000_000, 0x3F800000)]
    [InlineData(1f, 86_400_000_000, 2_592_000_000_000, 0x3F7A2728)]
    [InlineData(0.3f, 1_000_000, 3_600_000_000, 0x3E999208)]
    [InlineData(0.7f, 3_600_000_000, 3_600_000_000, 0x3EB33333)]
    [InlineData(0.9f, 31_536_000_000_000, 2_592_000_000_000, 0x394D4358)]
    [InlineData(1f, 532_800_000_000, 3_600_000_000, 2)]
    [InlineData(1f, 600_000_000_000, 3_600_000_000, 0)]
    public void At_WhenTimePassed_HasTheseBits(float strength, long passedMicroseconds, long halfLifeMicroseconds, int bits) => Assert.Equal(
        bits,
        BitConverter.SingleToInt32Bits(Decay.At(strength, Noon, new(Noon.Microseconds + passedMicroseconds), TimeSpan.FromMicroseconds(halfLifeMicroseconds))));

    [Theory]
    [InlineData(0f, 0.1f, 0x3DCCCCCD)]
    [InlineData(0.3f, 0.1f, 0x3EBD70A4)]
    [InlineData(0.3f, 1f, 0x3F800000)]
    [InlineData(0.9999999f, 0.5f, 0x3F7FFFFF)]
    [InlineData(1f, 0.5f, 0x3F800000)]
    public void Reinforce_WhenRaised_HasTheseBits(float strength, float amount, int bits) =>
        Assert.Equal(bits, BitConverter.SingleToInt32Bits(Decay.Reinforce(strength, amount)));

    [Fact]
    public void HalfToThe_WhenComparedWithTheLibrary_IsWithinFourUnitsOfTheLastPlace() => Properties.CheckRandom(1000, random =>
    {
        var exponent = random.NextDouble() * random.Next(1, 900);
        var expected = Math.Pow(2, -exponent);
        Assert.InRange(Decay.HalfToThe(exponent), expected - (4 * Math.BitIncrement(expected) - 4 * expected), expected + (4 * Math.BitIncrement(expected) - 4 * expected));
    });

    [Fact]
    public void HalfToThe_WhenTheExponentGrows_NeverGrows() => Properties.CheckRandom(200, random =>
    {
        // The last bits may waver inside a step that is far below a microsecond of any half-life in use.
        var exponent = random.NextDouble() * random.Next(1, 60);
        Assert.True(Decay.HalfToThe(exponent + 1e-12) <= Decay.HalfToThe(exponent));
    });

    [Fact]
    public void Reinforce_WhenAmountsAreRandom_StaysBetweenTheStrengthAndOne() => Properties.CheckRandom(1000, random =>
    {
        var (strength, amount) = (random.NextSingle(), random.Next(10) == 0 ? 1 : random.NextSingle());
        Assert.InRange(Decay.Reinforce(strength, amount), strength, 1);
    });

    [Fact]
    public void At_WhenNothingDecays_GivesTheStrengthItself()
    {
        Assert.Equal(0.3f, Decay.At(0.3f, Noon, Timestamp.Max, null));
        Assert.Equal(0.3f, Decay.At(0.3f, Noon, Noon, TimeSpan.FromHours(1)));
        Assert.Equal(0.3f, Decay.At(0.3f, Noon, Timestamp.Min, TimeSpan.FromHours(1)));
        Assert.Equal(0, Decay.At(1, Timestamp.Min, Timestamp.Max, TimeSpan.FromMicroseconds(1)));
    }
}
