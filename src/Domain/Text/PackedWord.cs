using System.Buffers.Binary;

namespace Cairn.Text;

/// <summary>Short words as one number, so that lists of them are looked up without comparing bytes. Stateless; any thread.</summary>
internal static class PackedWord
{
    /// <summary>The longest word that has a number, in bytes.</summary>
    public const int MaxBytes = sizeof(ulong);

    /// <summary>The number of a word without zero bytes; 0 if it has none.</summary>
    public static ulong Of(ReadOnlySpan<byte> word)
    {
        if (word.Length > MaxBytes)
        {
            return 0;
        }

        Span<byte> padded = stackalloc byte[MaxBytes];
        padded.Clear();
        word.CopyTo(padded);
        return BinaryPrimitives.ReadUInt64LittleEndian(padded);
    }

    /// <summary>Writes the word of a number and answers its length in bytes.</summary>
    public static int Write(ulong packed, Span<byte> word)
    {
        var length = 0;
        for (; packed != 0; packed >>= 8)
        {
            word[length++] = (byte)packed;
        }

        return length;
    }
}
