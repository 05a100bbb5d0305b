using System.Buffers.Binary;
using System.Runtime.InteropServices;
using Cairn.Formats;

namespace Cairn.Columns;

/// <summary>Arrays of words as the bytes of a chunk, little-endian on every machine.</summary>
internal static class StoredWords
{
    /// <summary>Words of 64 bits as bytes.</summary>
    public static byte[] Write(ReadOnlySpan<ulong> words)
    {
        var stored = words.ToArray();
        if (!BitConverter.IsLittleEndian)
        {
            BinaryPrimitives.ReverseEndianness(stored, stored);
        }

        return MemoryMarshal.AsBytes(stored.AsSpan()).ToArray();
    }

    /// <summary>Words of 32 bits as bytes.</summary>
    public static byte[] Write(ReadOnlySpan<uint> words)
    {
        var stored = words.ToArray();
        if (!BitConverter.IsLittleEndian)
        {
            BinaryPrimitives.ReverseEndianness(stored, stored);
        }

        return MemoryMarshal.AsBytes(stored.AsSpan()).ToArray();
    }

    /// <summary>What <see cref="Write(ReadOnlySpan{ulong})"/> wrote.</summary>
    /// <exception cref="Primitives.CairnException">Corrupt: no whole words.</exception>
    public static ulong[] ReadUInt64(ReadOnlySpan<byte> bytes)
    {
        Require(bytes.Length % sizeof(ulong) == 0);
        var words = MemoryMarshal.Cast<byte, ulong>(bytes).ToArray();
        if (!BitConverter.IsLittleEndian)
        {
            BinaryPrimitives.ReverseEndianness(words, words);
        }

        return words;
    }

    /// <summary>What <see cref="Write(ReadOnlySpan{uint})"/> wrote.</summary>
    /// <exception cref="Primitives.CairnException">Corrupt: no whole words.</exception>
    public static uint[] ReadUInt32(ReadOnlySpan<byte> bytes)
    {
        Require(bytes.Length % sizeof(uint) == 0);
        var words = MemoryMarshal.Cast<byte, uint>(bytes).ToArray();
        if (!BitConverter.IsLittleEndian)
        {
            BinaryPrimitives.ReverseEndianness(words, words);
        }

        return words;
    }

    private static void Require(bool holds)
    {
        if (!holds)
        {
            throw Malformed.Because("a chunk of words ends inside of one");
        }
    }
}
