using System.Buffers.Binary;
using Cairn.Formats;
using Cairn.Model;
using Cairn.Primitives;
using FsCheck;
using FsCheck.Fluent;

namespace Cairn.Domain.Tests.Formats;

/// <summary>Whatever bytes a decoder gets, it answers or throws Corrupt: no other exception, no endless loop.</summary>
public sealed class DecoderFuzzTests
{
    private static readonly Config Many = Config.QuickThrowOnFailure.WithMaxTest(2_000).WithEndSize(300);

    [Fact]
    public void Decoders_WhenBytesAreRandom_ThrowOnlyCorrupt() => Check.One(Many, Prop.ForAll<byte[]>(bytes =>
    {
        Corrupt(() => LogFileHeader.Read(bytes));
        Corrupt(() => GroupHeader.TryRead(bytes, out _));
        Corrupt(() => FrameView.Parse(bytes));
        Corrupt(() => FrameEnvelope.ReadMeta(bytes));
        Corrupt(() => SettingsCodec.Read(bytes));
        Corrupt(() => SettingsCodec.Read([9, .. bytes]));
        Corrupt(() => SettingsCodec.Read([9, 2, 1, (byte)'a', .. bytes]));
        Corrupt(() => ReadPurge(bytes));
        Corrupt(() => ReadPurge([2, 0, 0, 0, .. bytes]));
        Corrupt(() => ReadEmbeddings(bytes));
        Corrupt(() => ReadEmbeddings([1, (byte)'m', 1, 0, 2, 0, 0, 0, .. bytes]));
        Corrupt(() => ReadBody(bytes));
        Corrupt(() => ReadBody([0, 0, 0, 0, 1, 0, 0, 0, .. bytes]));
        Corrupt(() => ReadBody([1, 0, 0, 0, .. bytes]));
        Corrupt(() => ReadFields(bytes));
        Corrupt(() => ReadNames(new NameListReader(bytes, wideCount: false)));
        Corrupt(() => ReadNames(new NameListReader(bytes, wideCount: true)));
        Corrupt(() => ReadAttributes(new AttributeReader(bytes)));
        Corrupt(() => ReadValue(ValueView.Read(bytes, out _)));
        foreach (var kind in Enum.GetValues<ValueKind>())
        {
            Corrupt(() => ReadValue(ValueView.Read([(byte)kind, .. bytes], out _)));
        }

        foreach (var tag in Enum.GetValues<FieldTag>())
        {
            Corrupt(() => ReadFields([(byte)tag, .. bytes]));
        }
    }));

    [Fact]
    public void Decoders_WhenHeadersAreGoodButTheRestIsRandom_ThrowOnlyCorrupt() => Check.One(Many, Prop.ForAll<byte[]>(bytes =>
    {
        var header = new byte[LogFileHeader.LengthBytes];
        new LogFileHeader(0, default, default).Write(header);
        Overwrite(header, bytes, 8, 52);
        BinaryPrimitives.WriteUInt32LittleEndian(header.AsSpan(60), Crc32C.Compute(header.AsSpan(0, 60)));
        Corrupt(() => LogFileHeader.Read(header));

        var group = new byte[GroupHeader.HeaderBytes];
        new GroupHeader(100, 1, 0).Write(group);
        Overwrite(group, bytes, 4, 16);
        BinaryPrimitives.WriteUInt32LittleEndian(group.AsSpan(20), Crc32C.Compute(group.AsSpan(0, 20)));
        Corrupt(() => GroupHeader.TryRead(group, out _));

        var frame = Stamped();
        Overwrite(frame, bytes, FrameFormat.KindAt, 2);
        Overwrite(frame, bytes, FrameFormat.EnvelopeLengthAt, 4);
        Overwrite(frame, bytes, FrameFormat.CommitIdAt, bytes.Length);
        ReadFrame(frame);
    }));

    [Fact]
    public void Body_WhenAnyBitIsFlipped_ThrowsOnlyCorrupt()
    {
        var body = Commits.Everything().Body.ToArray();
        for (var bit = 0; bit < body.Length * 8; bit++)
        {
            body[bit / 8] ^= (byte)(1 << (bit % 8));
            Corrupt(() => ReadBody(body));
            body[bit / 8] ^= (byte)(1 << (bit % 8));
        }
    }

    [Fact]
    public void Body_WhenTruncated_IsCorruptAtEveryLength()
    {
        var body = Commits.Everything().Body.ToArray();
        ReadBody(body);
        for (var length = 0; length < body.Length; length++)
        {
            Assert.Equal(ErrorKind.Corrupt, Assert.Throws<CairnException>(() => ReadBody(body.AsSpan(0, length))).Kind);
        }

        Assert.Equal(ErrorKind.Corrupt, Assert.Throws<CairnException>(() => ReadBody([.. body, 0])).Kind);
    }

    [Fact]
    public void Frame_WhenMutatedUnderGoodChecksums_ThrowsOnlyCorrupt()
    {
        var whole = Stamped();
        for (var seed = 0; seed < 5_000; seed++)
        {
            ReadFrame(Mutate(whole, new Random(seed)));
        }
    }

    [Fact]
    public void Purge_WhenTruncatedOrLengthened_IsCorruptAtEveryLength()
    {
        var purge = new PurgeWriter();
        Assert.True(purge.TryAdd("ada"u8) && purge.TryAdd("babbage"u8));
        var body = purge.Finish();
        ReadPurge(body);
        for (var length = 0; length < body.Length; length++)
        {
            Assert.Equal(ErrorKind.Corrupt, Assert.Throws<CairnException>(() => ReadPurge(body.AsSpan(0, length))).Kind);
        }

        Assert.Equal(ErrorKind.Corrupt, Assert.Throws<CairnException>(() => ReadPurge([.. body, 0])).Kind);
    }

    private static byte[] Stamped()
    {
        var commit = Commits.Everything();
        var bytes = new byte[commit.LengthBytes];
        commit.Stamp(new(1), 2, Commits.Noon, bytes);
        return bytes;
    }

    // One to four changes of the sort that break parsers: extreme bytes, removed, repeated and swapped stretches.
    private static byte[] Mutate(byte[] bytes, Random random)
    {
        var list = bytes.ToList();
        for (var changes = random.Next(1, 5); changes > 0; changes--)
        {
            var at = random.Next(FrameFormat.FlagsAt, list.Count);
            var length = Math.Min(random.Next(1, 9), list.Count - at);
            switch (random.Next(4))
            {
                case 0:
                    list[at] = new byte[] { 0, 1, 0x7F, 0x80, 0xFF, (byte)random.Next() }[random.Next(6)];
                    break;
                case 1:
                    list.RemoveRange(at, length);
                    break;
                case 2:
                    list.InsertRange(at, list.GetRange(at, length));
                    break;
                default:
                    list.Reverse(at, length);
                    break;
            }
        }

        return [.. list];
    }

    // As its writer would have sealed it.
    private static void ReadFrame(byte[] frame)
    {
        if (frame.Length >= FrameFormat.MinBytes)
        {
            var bodyAt = FrameFormat.HeaderBytes + BinaryPrimitives.ReadUInt16LittleEndian(frame.AsSpan(FrameFormat.EnvelopeLengthAt));
            BinaryPrimitives.WriteInt32LittleEndian(frame.AsSpan(FrameFormat.LengthAt), frame.Length);
            if (bodyAt <= frame.Length)
            {
                BinaryPrimitives.WriteUInt32LittleEndian(frame.AsSpan(FrameFormat.BodyChecksumAt), Crc32C.Compute(frame.AsSpan(bodyAt)));
                BinaryPrimitives.WriteUInt32LittleEndian(frame.AsSpan(FrameFormat.HeaderChecksumAt), FrameFormat.HeaderChecksum(frame));
            }
        }

        Corrupt(() => Disassembly.OfFrame(frame));
        Corrupt(() =>
        {
            var view = FrameView.Parse(frame);
            ReadBody(view.Body);
        });
    }

    private static void ReadBody(ReadOnlySpan<byte> body)
    {
        var reader = new CommitReader(body);
        while (reader.TryReadPrecondition(out _))
        {
        }

        while (reader.TryReadOperation(out var operation))
        {
            ReadFields(operation.Fields);
        }
    }

    private static void ReadPurge(ReadOnlySpan<byte> body)
    {
        var reader = new PurgeReader(body);
        while (reader.TryRead(out _))
        {
        }
    }

    private static void ReadEmbeddings(ReadOnlySpan<byte> body)
    {
        var reader = new EmbeddingsReader(body);
        while (reader.TryRead(out _))
        {
        }
    }

    private static void ReadFields(ReadOnlySpan<byte> bytes)
    {
        var fields = new FieldReader(bytes);
        while (fields.TryRead(out var tag, out var payload))
        {
            switch (tag)
            {
                case FieldTag.Labels or FieldTag.AddLabels or FieldTag.RemoveLabels or FieldTag.RemoveAttributes:
                    ReadNames(new NameListReader(payload, tag == FieldTag.RemoveAttributes));
                    break;
                case FieldTag.Attributes or FieldTag.AddItems or FieldTag.RemoveItems:
                    ReadAttributes(new AttributeReader(payload));
                    break;
                case FieldTag.Vector:
                    FieldPayload.CopyVector(payload, new float[FieldPayload.VectorDimensions(payload)]);
                    break;
                case FieldTag.TextContent or FieldTag.BytesContent:
                    _ = FieldPayload.Content(payload);
                    break;
                case FieldTag.MediaType:
                    _ = FieldPayload.MediaType(payload);
                    break;
                case FieldTag.Strength or FieldTag.Confidence:
                    _ = FieldPayload.Single(payload);
                    break;
                case FieldTag.RemoveMembers:
                    _ = FieldPayload.Members(payload);
                    break;
                case FieldTag.NoContent:
                    break;
                default:
                    _ = FieldPayload.Instant(payload);
                    break;
            }
        }
    }

    private static void ReadNames(NameListReader names)
    {
        while (names.TryRead(out _))
        {
        }
    }

    private static void ReadAttributes(AttributeReader attributes)
    {
        while (attributes.TryRead(out _, out var value))
        {
            ReadValue(value);
        }
    }

    private static void ReadValue(ValueView value) => _ = value.ToValue();

    private static void Overwrite(byte[] target, byte[] bytes, int at, int most) =>
        bytes.AsSpan(0, Math.Min(bytes.Length, Math.Min(most, target.Length - at))).CopyTo(target.AsSpan(at));

    private static void Corrupt(Action decode)
    {
        try
        {
            decode();
        }
        catch (CairnException failure) when (failure.Kind == ErrorKind.Corrupt)
        {
        }
    }
}
