using Cairn.Model;
using Cairn.Vectors;

namespace Cairn.Domain.Tests.Vectors;

public sealed class VectorEncodingTests
{
    [Fact]
    public void TryEncode_WhenDecoded_IsTheVectorButForHalfAStep() => Properties.CheckRandom(100, static random =>
    {
        var vector = RandomVectors.Normal(random, random.Next(1, 700));
        var spec = new VectorSpec(vector.Length, VectorMetric.Dot);
        var codes = new sbyte[spec.RowBytes];

        Assert.True(VectorEncoding.TryEncode(vector, spec.Metric, codes, out var scale, out _));

        for (var i = 0; i < vector.Length; i++)
        {
            Assert.InRange(codes[i] * scale, vector[i] - (scale * 0.51f), vector[i] + (scale * 0.51f));
        }

        Assert.All(codes[vector.Length..], static code => Assert.Equal(0, code));
    });

    [Theory]
    [InlineData(1e-44f)]
    [InlineData(1e-20f)]
    [InlineData(1f)]
    [InlineData(3e38f)]
    public void TryEncode_WhenComparedByCosine_TheLengthDoesNotMatter(float length)
    {
        var codes = new sbyte[32];

        Assert.True(VectorEncoding.TryEncode([length, -length, 0], VectorMetric.Cosine, codes, out var scale, out _));

        Assert.Equal([127, -127, 0], codes[..3]);
        Assert.Equal(1 / Math.Sqrt(2), 127 * scale, 5);
    }

    [Fact]
    public void TryEncode_WhenTheVectorIsAnyBits_NeverFails() => Properties.CheckRandom(500, static random =>
    {
        var bytes = new byte[4 * random.Next(1, 40)];
        random.NextBytes(bytes);
        var vector = System.Runtime.InteropServices.MemoryMarshal.Cast<byte, float>(bytes);
        var codes = new sbyte[64];

        foreach (var metric in Enum.GetValues<VectorMetric>())
        {
            Assert.Equal(new VectorRules(null, metric).CanCompare(vector), VectorEncoding.TryEncode(vector, metric, codes, out _, out _));
            Assert.DoesNotContain(sbyte.MinValue, codes);
        }
    });
}
