using System.Buffers.Binary;
using Cairn.Model;
using Cairn.Primitives;

namespace Cairn.Formats;

/// <summary>What begins a group: the frames of one append.</summary>
/// <param name="LengthBytes">Bytes of the group with this header, at most 4 MiB.</param>
/// <param name="FrameCount">Frames in it, at least 1; they fill it exactly.</param>
/// <param name="VerifiedOffset">Bytes of this log file that its writer knew to be durable before it sent the group.</param>
/// <param name="Version">Of the group; every version keeps the layout of this header.</param>
internal readonly record struct GroupHeader(int LengthBytes, int FrameCount, long VerifiedOffset, byte Version = GroupHeader.KnownVersion)
{
    public const int HeaderBytes = 24;
    public const byte KnownVersion = 1;
    public const uint Magic = 0x50524743; // "CGRP"

    private const int VersionAt = 4;
    private const int LengthAt = 8;
    private const int CountAt = 12;
    private const int VerifiedAt = 16;
    private const int ChecksumAt = 20;

    public void Write(Span<byte> bytes)
    {
        BinaryPrimitives.WriteUInt32LittleEndian(bytes, Magic);
        BinaryPrimitives.WriteUInt32LittleEndian(bytes[VersionAt..], Version);
        BinaryPrimitives.WriteInt32LittleEndian(bytes[LengthAt..], LengthBytes);
        BinaryPrimitives.WriteInt32LittleEndian(bytes[CountAt..], FrameCount);
        BinaryPrimitives.WriteUInt32LittleEndian(bytes[VerifiedAt..], (uint)VerifiedOffset);
        BinaryPrimitives.WriteUInt32LittleEndian(bytes[ChecksumAt..], Crc32C.Compute(bytes[..ChecksumAt]));
    }

    /// <summary>Frames in a group whose header is known to be good.</summary>
    public static int ReadFrameCount(ReadOnlySpan<byte> bytes) => BinaryPrimitives.ReadInt32LittleEndian(bytes[CountAt..]);

    /// <summary>Reads a header, of any version; false if these bytes are none, or damaged.</summary>
    public static bool TryRead(ReadOnlySpan<byte> bytes, out GroupHeader header)
    {
        header = default;
        if (bytes.Length < HeaderBytes
            || BinaryPrimitives.ReadUInt32LittleEndian(bytes) != Magic
            || Crc32C.Compute(bytes[..ChecksumAt]) != BinaryPrimitives.ReadUInt32LittleEndian(bytes[ChecksumAt..]))
        {
            return false;
        }

        var length = BinaryPrimitives.ReadUInt32LittleEndian(bytes[LengthAt..]);
        var count = BinaryPrimitives.ReadUInt32LittleEndian(bytes[CountAt..]);
        var verified = BinaryPrimitives.ReadUInt32LittleEndian(bytes[VerifiedAt..]);
        if (length is < HeaderBytes or > Limits.GroupBytes || count == 0 || count > (length - HeaderBytes) / FrameFormat.MinBytes)
        {
            return false;
        }

        header = new((int)length, (int)count, verified, bytes[VersionAt]);
        return true;
    }
}
