using System.Buffers.Binary;
using Cairn.Primitives;

namespace Cairn.Formats.Segments;

/// <summary>The last 32 bytes of a segment: where its table of contents lies.</summary>
/// <param name="TocOffset">Bytes from the start of the file.</param>
/// <param name="TocBytes">Bytes of the table, which ends where the footer begins.</param>
/// <param name="TocCrc">Its CRC-32C.</param>
internal readonly record struct SegmentFooter(long TocOffset, int TocBytes, uint TocCrc)
{
    public const int LengthBytes = 32;

    private const int OffsetAt = 8;
    private const int LengthAt = 16;
    private const int TocCrcAt = 20;
    private const int ReservedAt = 24;
    private const int ChecksumAt = 28;

    private static ReadOnlySpan<byte> Magic => "CairnToc"u8;

    public void Write(Span<byte> bytes)
    {
        Magic.CopyTo(bytes);
        BinaryPrimitives.WriteInt64LittleEndian(bytes[OffsetAt..], TocOffset);
        BinaryPrimitives.WriteInt32LittleEndian(bytes[LengthAt..], TocBytes);
        BinaryPrimitives.WriteUInt32LittleEndian(bytes[TocCrcAt..], TocCrc);
        BinaryPrimitives.WriteUInt32LittleEndian(bytes[ReservedAt..], 0);
        BinaryPrimitives.WriteUInt32LittleEndian(bytes[ChecksumAt..], Crc32C.Compute(bytes[..ChecksumAt]));
    }

    /// <summary>Reads a footer.</summary>
    /// <param name="bytes">Exactly <see cref="LengthBytes"/>.</param>
    /// <param name="name">Of the file, for the failure.</param>
    /// <param name="fileBytes">Of the file, at least those of a header and a footer.</param>
    /// <exception cref="CairnException">Corrupt: it is damaged, or does not fit to a file of that length.</exception>
    public static SegmentFooter Read(ReadOnlySpan<byte> bytes, string name, long fileBytes)
    {
        var at = fileBytes - LengthBytes;
        if (!bytes.StartsWith(Magic) || Crc32C.Compute(bytes[..ChecksumAt]) != BinaryPrimitives.ReadUInt32LittleEndian(bytes[ChecksumAt..]))
        {
            throw SegmentDamage.At(name, at, "the footer is damaged, or the file is not whole");
        }

        var offset = BinaryPrimitives.ReadUInt64LittleEndian(bytes[OffsetAt..]);
        var length = BinaryPrimitives.ReadUInt32LittleEndian(bytes[LengthAt..]);
        var holds = offset is >= SegmentHeader.LengthBytes and < long.MaxValue
            && offset % SegmentFormat.AlignmentBytes == 0
            && length is >= SegmentFormat.TocHeaderBytes and <= SegmentFormat.MaxTocBytes
            && offset <= (ulong)at && (ulong)at - offset == length
            && BinaryPrimitives.ReadUInt32LittleEndian(bytes[ReservedAt..]) == 0;
        return holds
            ? new((long)offset, (int)length, BinaryPrimitives.ReadUInt32LittleEndian(bytes[TocCrcAt..]))
            : throw SegmentDamage.At(name, at, $"the footer names a table of contents of {length} bytes at {offset}, which is not possible here");
    }
}
