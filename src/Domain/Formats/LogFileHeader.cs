using System.Buffers.Binary;
using Cairn.Primitives;

namespace Cairn.Formats;

/// <summary>The first 64 bytes of a log file.</summary>
/// <param name="File">The log file's number.</param>
/// <param name="Incarnation">The life of the space that it belongs to.</param>
/// <param name="CreatedAt">When it was made, by the clock of its maker.</param>
internal readonly record struct LogFileHeader(int File, Incarnation Incarnation, Timestamp CreatedAt)
{
    public const int LengthBytes = 64;
    public const ushort Version = 1;

    private const int VersionAt = 8;
    private const int FileAt = 12;
    private const int IncarnationAt = 16;
    private const int CreatedAtAt = 32;
    private const int ChecksumAt = 60;

    private static ReadOnlySpan<byte> Magic => "CAIRNLOG"u8;

    public void Write(Span<byte> bytes)
    {
        bytes[..LengthBytes].Clear();
        Magic.CopyTo(bytes);
        BinaryPrimitives.WriteUInt16LittleEndian(bytes[VersionAt..], Version);
        BinaryPrimitives.WriteInt32LittleEndian(bytes[FileAt..], File);
        Incarnation.Write(bytes[IncarnationAt..]);
        BinaryPrimitives.WriteInt64LittleEndian(bytes[CreatedAtAt..], CreatedAt.Microseconds);
        BinaryPrimitives.WriteUInt32LittleEndian(bytes[ChecksumAt..], Crc32C.Compute(bytes[..ChecksumAt]));
    }

    /// <summary>Reads a header.</summary>
    /// <exception cref="CairnException">Corrupt: it is damaged, or of a later version.</exception>
    public static LogFileHeader Read(ReadOnlySpan<byte> bytes)
    {
        if (bytes.Length < LengthBytes
            || !bytes.StartsWith(Magic)
            || Crc32C.Compute(bytes[..ChecksumAt]) != BinaryPrimitives.ReadUInt32LittleEndian(bytes[ChecksumAt..]))
        {
            Malformed.Throw("a log file's header is damaged");
        }

        var version = BinaryPrimitives.ReadUInt16LittleEndian(bytes[VersionAt..]);
        if (version != Version)
        {
            throw Malformed.Unsupported("log file version", version, Version);
        }

        return new(
            BinaryPrimitives.ReadInt32LittleEndian(bytes[FileAt..]),
            Incarnation.Read(bytes[IncarnationAt..]),
            new(BinaryPrimitives.ReadInt64LittleEndian(bytes[CreatedAtAt..])));
    }
}
