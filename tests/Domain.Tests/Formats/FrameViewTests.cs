using System.Buffers.Binary;
using Cairn.Formats;
using Cairn.Primitives;

namespace Cairn.Domain.Tests.Formats;

public sealed class FrameViewTests
{
    [Fact]
    public void Parse_WhenAnyBitIsFlipped_IsCorrupt()
    {
        var bytes = Stamped();
        for (var bit = 0; bit < bytes.Length * 8; bit++)
        {
            var flipped = bytes.ToArray();
            flipped[bit / 8] ^= (byte)(1 << (bit % 8));

            Assert.Equal(ErrorKind.Corrupt, Assert.Throws<CairnException>(() => FrameView.Parse(flipped)).Kind);
        }
    }

    [Fact]
    public void Parse_WhenTruncated_IsCorrupt()
    {
        var bytes = Stamped();
        for (var length = 0; length < bytes.Length; length++)
        {
            Assert.Equal(ErrorKind.Corrupt, Assert.Throws<CairnException>(() => FrameView.Parse(bytes.AsSpan(0, length))).Kind);
        }
    }

    [Theory]
    [InlineData(4, 2, "frame format version 2")]
    [InlineData(5, 2, "rules version 2")]
    [InlineData(6, 11, "frame kind 11")]
    [InlineData(6, 0, "frame kind 0")]
    [InlineData(7, 16, "frame flags 16")]
    public void Parse_WhenOfALaterVersion_NamesIt(int at, byte value, string named)
    {
        var bytes = Stamped();
        bytes[at] = value;
        BinaryPrimitives.WriteUInt32LittleEndian(bytes.AsSpan(FrameFormat.HeaderChecksumAt), FrameFormat.HeaderChecksum(bytes));

        var failure = Assert.Throws<CairnException>(() => FrameView.Parse(bytes));

        Assert.Equal(ErrorKind.Corrupt, failure.Kind);
        Assert.Contains(named, failure.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Parse_WhenSystemFrame_ReadsKindAndBody()
    {
        var bytes = new byte[FrameFormat.SystemFrameBytes(3)];
        FrameFormat.WriteSystemFrame(bytes, FrameKind.Barrier, [1, 2, 3], new(5), 6, Commits.Noon);

        var frame = FrameView.Parse(bytes);

        Assert.Equal(FrameKind.Barrier, frame.Kind);
        Assert.Equal(new WriterId(5), frame.Writer);
        Assert.Equal(6ul, frame.Sequence);
        Assert.Equal(Commits.Noon, frame.Time);
        Assert.True(frame.CommitId.IsEmpty);
        Assert.Equal([1, 2, 3], frame.Body.ToArray());
    }

    private static byte[] Stamped()
    {
        var commit = Commits.Everything();
        var bytes = new byte[commit.LengthBytes];
        commit.Stamp(new(1), 2, Commits.Noon, bytes);
        return bytes;
    }
}
