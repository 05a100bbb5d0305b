using System.Globalization;
using Cairn.Formats;
using Cairn.Model;
using Cairn.Primitives;

namespace Cairn.Domain.Tests.Formats;

public sealed class EmbeddingsBodyTests
{
    [Fact]
    public void Read_WhenWritten_IsTheSame()
    {
        var writer = new EmbeddingsWriter("m"u8, 2);
        Assert.True(writer.TryAdd("ada"u8, 7, [0.6f, -0.8f]) && writer.TryAdd("é"u8, ulong.MaxValue, [1, 0]));

        var reader = new EmbeddingsReader(writer.Finish());

        Assert.Equal(("m", 2), (System.Text.Encoding.UTF8.GetString(reader.Model), reader.Dimensions));
        Assert.True(reader.TryRead(out var first));
        Assert.Equal(("ada", 7ul, "9A99193FCDCC4CBF"), (System.Text.Encoding.UTF8.GetString(first.Id), first.TextHash, Convert.ToHexString(first.Vector)));
        Assert.True(reader.TryRead(out var second));
        Assert.Equal(("é", ulong.MaxValue, "0000803F00000000"), (System.Text.Encoding.UTF8.GetString(second.Id), second.TextHash, Convert.ToHexString(second.Vector)));
        Assert.False(reader.TryRead(out _));
    }

    [Fact]
    public void TryAdd_WhenFull_IsRefusedAndTheWriterBeginsAnew()
    {
        var few = new EmbeddingsWriter("m"u8, 1);
        for (var i = 0; i < EmbeddingsBody.MaxConcepts; i++)
        {
            Assert.True(few.TryAdd("a"u8, 0, [1]));
        }

        Assert.False(few.TryAdd("a"u8, 0, [1]));
        few.Finish();
        Assert.True(few.TryAdd("a"u8, 0, [1]));

        var (large, vector) = (new EmbeddingsWriter("m"u8, Limits.VectorDimensions), new float[Limits.VectorDimensions]);
        var entry = EmbeddingsBody.EntryBytes(Limits.IdBytes, Limits.VectorDimensions);
        while (large.TryAdd(new byte[Limits.IdBytes], 0, vector))
        {
        }

        Assert.InRange(large.Finish().Length, EmbeddingsBody.MaxBytes - entry, EmbeddingsBody.MaxBytes);
    }

    [Theory]
    [InlineData("")]
    [InlineData("00 0100 00000000")]
    [InlineData("01 6D 0000 00000000")]
    [InlineData("01 6D 0110 00000000")]
    [InlineData("01 6D 0100 01000000")]
    [InlineData("01 6D 0100 01000000 0000 0000000000000000 00000000 00")]
    [InlineData("01 6D 0100 02000000 0100 61 0000000000000000 00000000")]
    [InlineData("01 6D 0100 01000000 0100 61 0000000000000000 00000000 00")]
    public void Read_WhenMalformed_IsCorrupt(string hex)
    {
        var failure = Assert.Throws<CairnException>(() =>
        {
            var reader = new EmbeddingsReader(Convert.FromHexString(hex.Replace(" ", "", StringComparison.Ordinal)));
            while (reader.TryRead(out _))
            {
            }
        });

        Assert.Equal(ErrorKind.Corrupt, failure.Kind);
    }

    [Fact]
    public void KeyOf_WhenAModelIsNamed_IsAsItAlwaysWas()
    {
        Assert.Equal(0ul, EmbeddingsBody.KeyOf((string?)null));
        Assert.Equal("3d232e0cadda07d0", EmbeddingsBody.KeyOf("text-embedding-3-small").ToString("x16", CultureInfo.InvariantCulture));
    }
}
