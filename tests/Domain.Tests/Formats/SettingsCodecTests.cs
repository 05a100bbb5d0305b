using Cairn.Formats;
using Cairn.Model;
using Cairn.Primitives;

namespace Cairn.Domain.Tests.Formats;

public sealed class SettingsCodecTests
{
    private static readonly SpaceSettings Full = new()
    {
        HalfLife = TimeSpan.FromDays(30),
        Language = TextLanguage.None,
        VectorDimensions = 384,
        VectorMetric = VectorMetric.L2,
        TimeToLive = TimeSpan.FromDays(90),
        IdempotencyWindow = TimeSpan.FromHours(48),
        EmbeddingModel = "text-embedding-3-small",
        NextEmbeddingModel = "größer",
        TextAttributes = TextAttributes.Of("summary", "Ærø"),
    };

    [Fact]
    public void Read_WhenWritten_IsTheSame()
    {
        Assert.Equal(SpaceSettings.Default, SettingsCodec.Read(SettingsCodec.Write(SpaceSettings.Default)));
        Assert.Equal(Full, SettingsCodec.Read(SettingsCodec.Write(Full)));
        Assert.All([TextAttributes.Of(), TextAttributes.Of(Names(Limits.TextAttributes, Limits.NameBytes))], static attributes =>
            Assert.Equal(Full with { TextAttributes = attributes }, SettingsCodec.Read(SettingsCodec.Write(Full with { TextAttributes = attributes }))));
    }

    [Fact]
    public void Read_WhenAttributesAreNotThoseOfAnySettings_IsCorrupt()
    {
        Assert.Equal(TextAttributes.Of("a", "b"), SettingsCodec.Read([9, 2, 1, (byte)'a', 1, (byte)'b', 0]).TextAttributes);
        foreach (var attributes in new byte[][]
        {
            [2, 1, (byte)'b', 1, (byte)'a'],
            [2, 1, (byte)'a', 1, (byte)'a'],
            [1, 0],
            [1, 1, 0xFF],
            [1, 129, .. new byte[129]],
            [65, .. Enumerable.Range(1, 65).SelectMany(static i => new byte[] { 1, (byte)i })],
        })
        {
            Assert.Equal(ErrorKind.Corrupt, Assert.Throws<CairnException>(() => SettingsCodec.Read([9, .. attributes, 0])).Kind);
        }
    }

    [Fact]
    public void Read_WhenASettingIsOfALaterVersion_SaysSo() =>
        Assert.Contains("setting 10, this program knows up to 9", Assert.Throws<CairnException>(() => SettingsCodec.Read([10, 0, 0])).Message, StringComparison.Ordinal);

    [Fact]
    public void Read_WhenTruncatedOrFlipped_IsCorruptOrOtherSettings()
    {
        var bytes = SettingsCodec.Write(Full);
        for (var length = 0; length < bytes.Length; length++)
        {
            Assert.Equal(ErrorKind.Corrupt, Assert.Throws<CairnException>(() => SettingsCodec.Read(bytes.AsSpan(0, length))).Kind);
        }

        for (var bit = 0; bit < bytes.Length * 8; bit++)
        {
            var flipped = bytes.ToArray();
            flipped[bit / 8] ^= (byte)(1 << (bit % 8));
            try
            {
                Assert.NotEqual(Full, SettingsCodec.Read(flipped));
            }
            catch (CairnException failure)
            {
                Assert.Equal(ErrorKind.Corrupt, failure.Kind);
            }
        }
    }

    [Fact]
    public void Write_WhenOutOfRange_IsInvalidAndNamesTheSetting()
    {
        Assert.Equal("dimensions", Field(Full with { VectorDimensions = 0 }));
        Assert.Equal("dimensions", Field(Full with { VectorDimensions = 4097 }));
        Assert.Equal("halfLife", Field(Full with { HalfLife = TimeSpan.Zero }));
        Assert.Equal("ttl", Field(Full with { TimeToLive = TimeSpan.FromSeconds(-1) }));
        Assert.Equal("idempotencyWindow", Field(Full with { IdempotencyWindow = TimeSpan.FromMinutes(59) }));
        Assert.Equal("embeddingModel", Field(Full with { EmbeddingModel = "" }));
        Assert.Equal("embeddingModel", Field(Full with { NextEmbeddingModel = new('é', 65) }));
        Assert.Equal("idempotencyWindow", Field(Full with { IdempotencyWindow = TimeSpan.FromDays(4) }));
    }

    private static IEnumerable<string> Names(int count, int lengthBytes) => Enumerable.Range(0, count).Select(i => $"{i}".PadLeft(lengthBytes, 'n'));

    private static string? Field(SpaceSettings settings)
    {
        var failure = Assert.Throws<CairnException>(() => SettingsCodec.Write(settings));
        Assert.Equal(ErrorKind.Invalid, failure.Kind);
        return failure.Field;
    }
}
