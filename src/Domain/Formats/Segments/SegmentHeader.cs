using System.Buffers.Binary;
using Cairn.Primitives;

namespace Cairn.Formats.Segments;

/// <summary>The first 64 bytes of a segment.</summary>
/// <param name="Incarnation">The life of the space that it belongs to.</param>
/// <param name="Position">The log position of the checkpoint that wrote it.</param>
/// <param name="Epoch">Of the writer, at least 0.</param>
internal readonly record struct SegmentHeader(Incarnation Incarnation, LogPosition Position, long Epoch)
{
    public const int LengthBytes = 64;

    private const int VersionAt = 8;
    private const int LengthAt = 10;
    private const int FlagsAt = 12;
    private const int IncarnationAt = 16;
    private const int PositionAt = 32;
    private const int EpochAt = 40;
    private const int ReservedAt = 48;
    private const int ChecksumAt = 60;

    private static ReadOnlySpan<byte> Magic => "CairnSeg"u8;

    public void Write(Span<byte> bytes)
    {
        Invariant.Require(Position >= LogPosition.Zero && Position <= LogPosition.Max && Epoch >= 0, "a segment's position or epoch is out of range");
        bytes[..LengthBytes].Clear();
        Magic.CopyTo(bytes);
        BinaryPrimitives.WriteUInt16LittleEndian(bytes[VersionAt..], SegmentFormat.Version);
        BinaryPrimitives.WriteUInt16LittleEndian(bytes[LengthAt..], LengthBytes);
        Incarnation.Write(bytes[IncarnationAt..]);
        BinaryPrimitives.WriteInt64LittleEndian(bytes[PositionAt..], Position.Value);
        BinaryPrimitives.WriteInt64LittleEndian(bytes[EpochAt..], Epoch);
        BinaryPrimitives.WriteUInt32LittleEndian(bytes[ChecksumAt..], Crc32C.Compute(bytes[..ChecksumAt]));
    }

    /// <summary>Reads a header.</summary>
    /// <param name="bytes">Exactly <see cref="LengthBytes"/>.</param>
    /// <param name="name">Of the file, for the failure.</param>
    /// <exception cref="CairnException">Corrupt: it is damaged, or of a later version.</exception>
    public static SegmentHeader Read(ReadOnlySpan<byte> bytes, string name)
    {
        if (!bytes.StartsWith(Magic) || Crc32C.Compute(bytes[..ChecksumAt]) != BinaryPrimitives.ReadUInt32LittleEndian(bytes[ChecksumAt..]))
        {
            throw SegmentDamage.At(name, 0, "the header is damaged");
        }

        var version = BinaryPrimitives.ReadUInt16LittleEndian(bytes[VersionAt..]);
        if (version != SegmentFormat.Version)
        {
            throw SegmentDamage.Later(name, VersionAt, $"segment version {version}, this program knows up to {SegmentFormat.Version}");
        }

        var header = new SegmentHeader(
            Incarnation.Read(bytes[IncarnationAt..]),
            new(BinaryPrimitives.ReadInt64LittleEndian(bytes[PositionAt..])),
            BinaryPrimitives.ReadInt64LittleEndian(bytes[EpochAt..]));
        var holds = BinaryPrimitives.ReadUInt16LittleEndian(bytes[LengthAt..]) == LengthBytes
            && BinaryPrimitives.ReadUInt32LittleEndian(bytes[FlagsAt..]) == 0
            && !bytes[ReservedAt..ChecksumAt].ContainsAnyExcept((byte)0)
            && header.Position >= LogPosition.Zero && header.Position <= LogPosition.Max && header.Epoch >= 0;
        return holds ? header : throw SegmentDamage.At(name, 0, "a field of the header is out of range");
    }
}
