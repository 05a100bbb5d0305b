using System.Buffers.Binary;
using System.Runtime.InteropServices;

namespace Cairn.Vectors;

/// <summary>Vectors as they are stored: float32s, little-endian. Stateless; any thread.</summary>
internal static class VectorBytes
{
    /// <summary>Components of a stored vector.</summary>
    public static int CountOf(ReadOnlySpan<byte> vector) => vector.Length / sizeof(float);

    /// <summary>Copies the components. <paramref name="destination"/>: shape [d] or longer.</summary>
    public static void CopyTo(ReadOnlySpan<byte> vector, Span<float> destination)
    {
        if (BitConverter.IsLittleEndian)
        {
            MemoryMarshal.Cast<byte, float>(vector).CopyTo(destination);
            return;
        }

        for (var i = 0; i < CountOf(vector); i++)
        {
            destination[i] = BinaryPrimitives.ReadSingleLittleEndian(vector[(i * sizeof(float))..]);
        }
    }

    /// <summary>The components, where they lie if the machine reads them so.</summary>
    /// <param name="vector">The stored vector.</param>
    /// <param name="scratch">Holds them otherwise; shape [d] or longer, replaced if it is shorter.</param>
    public static ReadOnlySpan<float> Components(ReadOnlySpan<byte> vector, ref float[] scratch)
    {
        if (BitConverter.IsLittleEndian)
        {
            return MemoryMarshal.Cast<byte, float>(vector);
        }

        var count = CountOf(vector);
        scratch = scratch.Length < count ? new float[count] : scratch;
        CopyTo(vector, scratch);
        return scratch.AsSpan(0, count);
    }
}
