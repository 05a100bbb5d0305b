using System.Buffers.Binary;

namespace Cairn.Primitives;

/// <summary>A fast keyed 64-bit hash (multiply-and-fold mixing). Stored hash indexes rely on it, so that it belongs to their format; never part of replayed state.</summary>
/// <remarks>The key is random, and kept in the checkpoints of a space, so that callers cannot choose colliding ids.</remarks>
public readonly struct KeyedHash(ulong key)
{
    private const ulong A = 0x9E3779B97F4A7C15, B = 0xD6E8FEB86659FD93;

    /// <summary>The hash of bytes of any length.</summary>
    public ulong Of(ReadOnlySpan<byte> bytes)
    {
        var state = key ^ Fold((ulong)bytes.Length ^ A, B);
        while (bytes.Length > 16)
        {
            state = Fold(BinaryPrimitives.ReadUInt64LittleEndian(bytes) ^ state, BinaryPrimitives.ReadUInt64LittleEndian(bytes[8..]) ^ key ^ A);
            bytes = bytes[16..];
        }

        ulong low, high;
        if (bytes.Length >= 8)
        {
            low = BinaryPrimitives.ReadUInt64LittleEndian(bytes);
            high = BinaryPrimitives.ReadUInt64LittleEndian(bytes[^8..]);
        }
        else if (bytes.Length >= 4)
        {
            low = BinaryPrimitives.ReadUInt32LittleEndian(bytes);
            high = BinaryPrimitives.ReadUInt32LittleEndian(bytes[^4..]);
        }
        else
        {
            low = bytes.Length > 0 ? (ulong)bytes[0] | ((ulong)bytes[bytes.Length / 2] << 8) | ((ulong)bytes[^1] << 16) : 0;
            high = 0;
        }

        return Fold(low ^ state ^ A, high ^ key ^ B);
    }

    /// <summary>The hash of two words.</summary>
    public ulong Of(ulong first, ulong second) => Fold(first ^ key ^ A, second ^ Fold(key ^ B, first ^ A));

    private static ulong Fold(ulong a, ulong b)
    {
        var high = Math.BigMul(a, b, out var low);
        return high ^ low;
    }
}
