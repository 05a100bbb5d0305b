using System.Numerics;
using System.Runtime.InteropServices;

namespace Cairn.Primitives;

/// <summary>CRC-32C (Castagnoli), as in RFC 3720 appendix B.4; hardware instructions where the processor has them.</summary>
public static class Crc32C
{
    /// <summary>The checksum of <paramref name="bytes"/>, continuing from an earlier part's checksum.</summary>
    /// <param name="bytes">Any length.</param>
    /// <param name="previous">0 to begin, else what the parts before gave.</param>
    public static uint Compute(ReadOnlySpan<byte> bytes, uint previous = 0)
    {
        var crc = ~previous;
        var words = MemoryMarshal.Cast<byte, ulong>(bytes);
        foreach (var word in words)
        {
            crc = BitOperations.Crc32C(crc, BitConverter.IsLittleEndian ? word : System.Buffers.Binary.BinaryPrimitives.ReverseEndianness(word));
        }

        foreach (var rest in bytes[(words.Length * sizeof(ulong))..])
        {
            crc = BitOperations.Crc32C(crc, rest);
        }

        return ~crc;
    }
}
