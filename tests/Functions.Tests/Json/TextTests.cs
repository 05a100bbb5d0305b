using System.Text;
using Cairn.Functions.Json;
using Cairn.Primitives;

namespace Cairn.Functions.Tests.Json;

/// <summary>Instants and durations.</summary>
public sealed class TextTests
{
    [Theory]
    [InlineData("2026-01-31T12:00:00Z", "2026-01-31T12:00:00Z")]
    [InlineData("2026-01-31t12:00:00z", "2026-01-31T12:00:00Z")]
    [InlineData("2026-01-31T12:00:00+01:30", "2026-01-31T10:30:00Z")]
    [InlineData("2026-01-31T23:59:59.5-00:01", "2026-02-01T00:00:59.5Z")]
    [InlineData("2024-02-29T00:00:00.000001Z", "2024-02-29T00:00:00.000001Z")]
    [InlineData("2024-02-29T00:00:00.1000009Z", "2024-02-29T00:00:00.1Z")]
    [InlineData("1969-12-31T23:59:59.9Z", "1969-12-31T23:59:59.9Z")]
    [InlineData("0001-01-01T00:00:00Z", "0001-01-01T00:00:00Z")]
    public void Instant_WhenRead_IsWrittenInUtc(string text, string expected)
    {
        Assert.True(InstantText.TryParse(Encoding.ASCII.GetBytes(text), out var instant));

        Assert.Equal(expected, Encoding.ASCII.GetString(InstantText.Format(instant, new byte[InstantText.MaxLength])));
        Assert.Equal(expected, instant.ToString());
    }

    [Theory]
    [InlineData("")]
    [InlineData("2026-01-31")]
    [InlineData("2026-01-31T12:00:00")]
    [InlineData("2026-01-31 12:00:00Z")]
    [InlineData("2026-02-29T12:00:00Z")]
    [InlineData("2026-13-01T12:00:00Z")]
    [InlineData("2026-00-01T12:00:00Z")]
    [InlineData("0000-01-01T12:00:00Z")]
    [InlineData("2026-01-31T24:00:00Z")]
    [InlineData("2026-01-31T12:60:00Z")]
    [InlineData("2026-01-31T12:00:60Z")]
    [InlineData("2026-01-31T12:00:00.Z")]
    [InlineData("2026-01-31T12:00:00.1234567890Z")]
    [InlineData("2026-01-31T12:00:00+24:00")]
    [InlineData("2026-01-31T12:00:00+0100")]
    [InlineData("2026-01-31T12:00:00Zjunk")]
    [InlineData("2026-01-31T12:00:00.5")]
    [InlineData("+026-01-31T12:00:00Z")]
    [InlineData("2026-+1-31T12:00:00Z")]
    [InlineData("0001-01-01T00:00:00+00:01")]
    [InlineData("9999-12-31T23:59:59-00:01")]
    public void Instant_WhenItIsNone_IsRefused(string text) => Assert.False(InstantText.TryParse(Encoding.ASCII.GetBytes(text), out _));

    [Fact]
    public void Instant_WhenAny_ComesBack()
    {
        var random = new Random(7);
        for (var i = 0; i < 10_000; i++)
        {
            var instant = new Timestamp(random.NextInt64(Timestamp.Min.Microseconds, Timestamp.Max.Microseconds));
            Assert.True(InstantText.TryParse(InstantText.Format(instant, new byte[InstantText.MaxLength]), out var back));
            Assert.Equal(instant, back);
        }
    }

    [Theory]
    [InlineData("P30D", "P30D")]
    [InlineData("P2W", "P14D")]
    [InlineData("P1D", "PT24H")]
    [InlineData("PT24H", "PT24H")]
    [InlineData("PT36H", "PT36H")]
    [InlineData("P1DT1H1M1.5S", "PT25H1M1.5S")]
    [InlineData("PT90M", "PT1H30M")]
    [InlineData("PT0.000001S", "PT0.000001S")]
    [InlineData("PT0S", "PT0S")]
    public void Duration_WhenRead_IsWrittenPlainly(string text, string expected)
    {
        Assert.True(DurationText.TryParse(text, out var duration));

        Assert.Equal(expected, DurationText.Format(duration));
    }

    [Theory]
    [InlineData("")]
    [InlineData("P")]
    [InlineData("PT")]
    [InlineData("P1")]
    [InlineData("P1Y")]
    [InlineData("P1M")]
    [InlineData("P1DT")]
    [InlineData("PT1D")]
    [InlineData("P1H")]
    [InlineData("PT1M1H")]
    [InlineData("PT1.5H")]
    [InlineData("-P1D")]
    [InlineData("P-1D")]
    [InlineData("p1d")]
    [InlineData(" P1D")]
    [InlineData("P1D\n")]
    [InlineData("P999999999D")]
    public void Duration_WhenItIsNone_IsRefused(string text) => Assert.False(DurationText.TryParse(text, out _));
}
