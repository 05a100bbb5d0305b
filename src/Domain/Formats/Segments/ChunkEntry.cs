using System.Buffers.Binary;

namespace Cairn.Formats.Segments;

/// <summary>What the table of contents says of a chunk.</summary>
/// <param name="Number">Its number in its section.</param>
/// <param name="Method">How it is stored.</param>
/// <param name="StoredBytes">Bytes in the file.</param>
/// <param name="RawBytes">Bytes when decompressed, at most <see cref="SegmentFormat.MaxChunkBytes"/>.</param>
/// <param name="Crc">CRC-32C of the stored bytes.</param>
/// <param name="Offset">Where they begin in the file.</param>
internal readonly record struct ChunkEntry(uint Number, CompressionMethod Method, int StoredBytes, int RawBytes, uint Crc, long Offset)
{
    public const int LengthBytes = 32;

    private const int MethodAt = 4;
    private const int StoredAt = 8;
    private const int RawAt = 12;
    private const int CrcAt = 16;
    private const int ReservedAt = 20;
    private const int OffsetAt = 24;

    public void Write(Span<byte> bytes)
    {
        BinaryPrimitives.WriteUInt32LittleEndian(bytes, Number);
        BinaryPrimitives.WriteUInt32LittleEndian(bytes[MethodAt..], (byte)Method);
        BinaryPrimitives.WriteInt32LittleEndian(bytes[StoredAt..], StoredBytes);
        BinaryPrimitives.WriteInt32LittleEndian(bytes[RawAt..], RawBytes);
        BinaryPrimitives.WriteUInt32LittleEndian(bytes[CrcAt..], Crc);
        BinaryPrimitives.WriteUInt32LittleEndian(bytes[ReservedAt..], 0);
        BinaryPrimitives.WriteInt64LittleEndian(bytes[OffsetAt..], Offset);
    }

    /// <summary>Reads an entry that has no <see cref="Flaw"/>.</summary>
    public static ChunkEntry Read(ReadOnlySpan<byte> bytes) => new(
        ReadNumber(bytes),
        (CompressionMethod)bytes[MethodAt],
        BinaryPrimitives.ReadInt32LittleEndian(bytes[StoredAt..]),
        BinaryPrimitives.ReadInt32LittleEndian(bytes[RawAt..]),
        BinaryPrimitives.ReadUInt32LittleEndian(bytes[CrcAt..]),
        BinaryPrimitives.ReadInt64LittleEndian(bytes[OffsetAt..]));

    /// <summary>The number alone, for searching.</summary>
    public static uint ReadNumber(ReadOnlySpan<byte> bytes) => BinaryPrimitives.ReadUInt32LittleEndian(bytes);

    /// <summary>What is wrong with an entry as stored; null if nothing is.</summary>
    /// <param name="bytes">The entry.</param>
    /// <param name="chunksEnd">Where the chunks of the file end: the offset of its table of contents.</param>
    public static string? Flaw(ReadOnlySpan<byte> bytes, long chunksEnd)
    {
        // With the method stand three bytes of zero.
        var method = BinaryPrimitives.ReadUInt32LittleEndian(bytes[MethodAt..]);
        var stored = BinaryPrimitives.ReadUInt32LittleEndian(bytes[StoredAt..]);
        var raw = BinaryPrimitives.ReadUInt32LittleEndian(bytes[RawAt..]);
        var offset = BinaryPrimitives.ReadUInt64LittleEndian(bytes[OffsetAt..]);
        if (method > (uint)CompressionMethod.Brotli)
        {
            return "its method is unknown";
        }

        if (raw > SegmentFormat.MaxChunkBytes)
        {
            return "it is longer than a chunk may be";
        }

        if (method == (uint)CompressionMethod.Stored ? stored != raw : stored == 0 || stored >= raw)
        {
            return "its lengths do not fit its method";
        }

        if (offset < SegmentHeader.LengthBytes || offset % SegmentFormat.AlignmentBytes != 0)
        {
            return "no chunk can begin at its offset";
        }

        if (offset > (ulong)chunksEnd || stored > (ulong)chunksEnd - offset)
        {
            return "it ends behind the last chunk";
        }

        return BinaryPrimitives.ReadUInt32LittleEndian(bytes[ReservedAt..]) == 0 ? null : "its reserved bytes are not zero";
    }
}
