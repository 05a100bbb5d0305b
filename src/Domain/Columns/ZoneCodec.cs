using System.Buffers.Binary;
using Cairn.Formats;

namespace Cairn.Columns;

/// <summary>
/// Zones of one column as the bytes of a chunk, version 1: count (u16), zero (u16 and u32); of each row group: cells (u8), zero (7 bytes), least (i64), greatest (i64), in the order of <see cref="Zone"/>.
/// Little-endian.
/// </summary>
internal static class ZoneCodec
{
    /// <summary>Row groups that a chunk covers: 12 KiB.</summary>
    public const int ZonesPerChunk = 512;

    private const int HeaderBytes = 8;
    private const int ZoneBytes = 24;

    /// <summary>Writes zones of up to <see cref="ZonesPerChunk"/> row groups.</summary>
    public static byte[] Write(ReadOnlySpan<Zone> zones)
    {
        var bytes = new byte[HeaderBytes + (zones.Length * ZoneBytes)];
        BinaryPrimitives.WriteUInt16LittleEndian(bytes, (ushort)zones.Length);
        for (var i = 0; i < zones.Length; i++)
        {
            var zone = bytes.AsSpan(HeaderBytes + (i * ZoneBytes), ZoneBytes);
            zone[0] = zones[i].Cells;
            BinaryPrimitives.WriteInt64LittleEndian(zone[8..], zones[i].Least);
            BinaryPrimitives.WriteInt64LittleEndian(zone[16..], zones[i].Greatest);
        }

        return bytes;
    }

    /// <summary>Reads zones.</summary>
    /// <exception cref="Primitives.CairnException">Corrupt: these are not the bytes of zones.</exception>
    public static Zone[] Read(ReadOnlySpan<byte> bytes)
    {
        var count = bytes.Length < HeaderBytes ? -1 : BinaryPrimitives.ReadUInt16LittleEndian(bytes);
        Require(count is >= 0 and <= ZonesPerChunk && bytes.Length == HeaderBytes + (count * ZoneBytes), "its length is not that of its count");
        var zones = new Zone[count];
        for (var i = 0; i < count; i++)
        {
            var zone = bytes.Slice(HeaderBytes + (i * ZoneBytes), ZoneBytes);
            zones[i] = new(zone[0], BinaryPrimitives.ReadInt64LittleEndian(zone[8..]), BinaryPrimitives.ReadInt64LittleEndian(zone[16..]));
            Require(zones[i].Cells <= Page.Rows && zones[i].Least <= zones[i].Greatest, "a zone is out of range");
        }

        return zones;
    }

    private static void Require(bool holds, string what)
    {
        if (!holds)
        {
            throw Malformed.Because("a zone map is damaged: " + what);
        }
    }
}
