using System.Buffers.Binary;
using System.Numerics;

namespace Cairn.Formats;

/// <summary>Strings with a length before them; each call answers what is left of the destination.</summary>
internal static class ByteWriting
{
    /// <summary>Bytes of the longest varint.</summary>
    public const int MaxVarintBytes = 10;

    public static Span<byte> Short(Span<byte> destination, ReadOnlySpan<byte> bytes)
    {
        destination[0] = (byte)bytes.Length;
        bytes.CopyTo(destination[1..]);
        return destination[(1 + bytes.Length)..];
    }

    public static Span<byte> Medium(Span<byte> destination, ReadOnlySpan<byte> bytes)
    {
        BinaryPrimitives.WriteUInt16LittleEndian(destination, (ushort)bytes.Length);
        bytes.CopyTo(destination[sizeof(ushort)..]);
        return destination[(sizeof(ushort) + bytes.Length)..];
    }

    public static Span<byte> Varying(Span<byte> destination, ReadOnlySpan<byte> bytes)
    {
        var at = Varint(destination, (uint)bytes.Length);
        bytes.CopyTo(destination[at..]);
        return destination[(at + bytes.Length)..];
    }

    /// <summary>Unsigned LEB128; answers its length, at most <see cref="MaxVarintBytes"/>.</summary>
    public static int Varint(Span<byte> destination, ulong value)
    {
        var at = 0;
        for (; value >= 0x80; value >>= 7)
        {
            destination[at++] = (byte)(value | 0x80);
        }

        destination[at++] = (byte)value;
        return at;
    }

    /// <summary>Bytes that <see cref="Varying"/> takes.</summary>
    public static int VaryingBytes(int length) => ((BitOperations.Log2((uint)length | 1) / 7) + 1) + length;
}
