using System.Globalization;
using System.Text;
using Cairn.Functions.Answers;
using Cairn.Primitives;

namespace Cairn.Functions.Tests.Answers;

/// <summary>Numbers and instants against what the runtime writes.</summary>
public sealed class ValueJsonTests
{
    private const int Rounds = 100_000;

    private static readonly double[] Edges =
        [0, -0.0, 1, -1, 0.5, 999_999, 1_000_000, 1e7, 1e8, 1e14, 1e15, 1e16, -1e15, 2147483648, -2147483649, 4e9, 1e300, double.Epsilon, 16_777_216, 16_777_217, double.MaxValue];

    [Fact]
    public void WriteFloat_WhenAny_IsTheShortestTextWithAFraction()
    {
        var random = new Random(5);
        double[] values = [.. Edges, .. Enumerable.Range(0, Rounds).Select(i => i % 3 == 0 ? random.Next(-2_000_000, 2_000_000) : i % 3 == 1
            ? random.Next(100) / 100.0 : BitConverter.Int64BitsToDouble(random.NextInt64()))];
        foreach (var value in values.Where(double.IsFinite))
        {
            Assert.Equal(WithFraction(value.ToString(CultureInfo.InvariantCulture)), Written(json => ValueJson.WriteFloat(json, value)));
            if (float.IsFinite((float)value))
            {
                Assert.Equal(WithFraction(((float)value).ToString(CultureInfo.InvariantCulture)), Written(json => ValueJson.WriteFloat(json, (float)value)));
            }
        }
    }

    [Fact]
    public void WriteInstant_WhenAny_IsWhatTheRuntimeWrites()
    {
        var random = new Random(6);
        for (var i = 0; i < Rounds; i++)
        {
            var any = random.NextInt64(Timestamp.Min.Microseconds, Timestamp.Max.Microseconds);
            var unit = (long)Math.Pow(10, random.Next(7));
            var instant = new Timestamp(any / unit * unit);
            var expected = instant.ToDateTimeOffset().ToString("yyyy-MM-ddTHH:mm:ss.FFFFFFZ", CultureInfo.InvariantCulture);

            Assert.Equal($"\"{expected}\"", Written(json => ValueJson.WriteInstant(json, instant)));
        }
    }

    private static string WithFraction(string text) => text.AsSpan().ContainsAny('.', 'E') ? text : text + ".0";

    private static string Written(Action<JsonWriter> write)
    {
        var json = new JsonWriter(capacityBytes: 1);
        write(json);
        return Encoding.UTF8.GetString(json.Written.Span);
    }
}
