using System.Buffers.Binary;
using System.Runtime.CompilerServices;

namespace Cairn.Formats;

/// <summary>A cursor over stored bytes. Every read checks its bounds; past the end is Corrupt.</summary>
internal ref struct ByteReader(ReadOnlySpan<byte> bytes)
{
    private readonly ReadOnlySpan<byte> _bytes = bytes;

    public int At { get; private set; }

    public readonly int Left => _bytes.Length - At;

    public byte Byte() => Take(1)[0];

    public ushort UInt16() => BinaryPrimitives.ReadUInt16LittleEndian(Take(sizeof(ushort)));

    public uint UInt32() => BinaryPrimitives.ReadUInt32LittleEndian(Take(sizeof(uint)));

    public ulong UInt64() => BinaryPrimitives.ReadUInt64LittleEndian(Take(sizeof(ulong)));

    public long Int64() => BinaryPrimitives.ReadInt64LittleEndian(Take(sizeof(long)));

    public float Single() => BinaryPrimitives.ReadSingleLittleEndian(Take(sizeof(float)));

    /// <summary>Bytes with a length of one byte before them.</summary>
    public ReadOnlySpan<byte> Short() => Take(Byte());

    /// <summary>Bytes with a length of two bytes before them.</summary>
    public ReadOnlySpan<byte> Medium() => Take(UInt16());

    /// <summary>Bytes with a length of four bytes before them.</summary>
    public ReadOnlySpan<byte> Long() => Take(Length(UInt32()));

    /// <summary>Bytes with a varint length before them.</summary>
    public ReadOnlySpan<byte> Varying() => Take(Length(Varint()));

    /// <summary>Unsigned LEB128 of at most 32 bits in at most five bytes.</summary>
    public uint Varint()
    {
        var value = 0u;
        for (var shift = 0; shift < 35; shift += 7)
        {
            var next = Byte();
            if (shift == 28 && next > 0x0F)
            {
                break;
            }

            value |= (uint)(next & 0x7F) << shift;
            if (next < 0x80)
            {
                return value;
            }
        }

        throw Malformed.Because("a varint is longer than 32 bits");
    }

    /// <summary>Unsigned LEB128 of at most 63 bits in at most nine bytes: no number of a stored format is larger.</summary>
    public long Varint63()
    {
        var value = 0L;
        for (var shift = 0; shift < 63; shift += 7)
        {
            var next = Byte();
            value |= (long)(next & 0x7F) << shift;
            if (next < 0x80)
            {
                return value;
            }
        }

        throw Malformed.Because("a varint is longer than 63 bits");
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public ReadOnlySpan<byte> Take(int count)
    {
        if ((uint)count > (uint)Left)
        {
            Malformed.Throw("a field ends past its frame");
        }

        var taken = _bytes.Slice(At, count);
        At += count;
        return taken;
    }

    /// <summary>What was read since an earlier <see cref="At"/>.</summary>
    public readonly ReadOnlySpan<byte> Since(int start) => _bytes[start..At];

    private readonly int Length(uint stored)
    {
        if (stored > (uint)Left)
        {
            Malformed.Throw("a field ends past its frame");
        }

        return (int)stored;
    }
}
