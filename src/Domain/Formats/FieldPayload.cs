using System.Buffers.Binary;
using System.Runtime.InteropServices;
using Cairn.Primitives;

namespace Cairn.Formats;

/// <summary>Reads the payloads that <see cref="FieldReader"/> hands out, which have the right length for their tag.</summary>
public static class FieldPayload
{
    internal const long NoInstant = long.MinValue;

    private static readonly long MinInstant = Timestamp.Min.Microseconds;
    private static readonly long MaxInstant = Timestamp.Max.Microseconds;

    /// <summary>The text or bytes of a content.</summary>
    public static ReadOnlySpan<byte> Content(ReadOnlySpan<byte> payload) => new ByteReader(payload).Long();

    /// <summary>A media type; empty: none.</summary>
    public static ReadOnlySpan<byte> MediaType(ReadOnlySpan<byte> payload) => new ByteReader(payload).Short();

    /// <summary>A strength or a confidence.</summary>
    public static float Single(ReadOnlySpan<byte> payload) => new ByteReader(payload).Single();

    /// <summary>An instant; null: none.</summary>
    public static Timestamp? Instant(ReadOnlySpan<byte> payload) =>
        new ByteReader(payload).Int64() is var microseconds and not NoInstant ? new Timestamp(microseconds) : null;

    /// <summary>Members to put back to their defaults.</summary>
    public static Members Members(ReadOnlySpan<byte> payload) => (Members)new ByteReader(payload).UInt16();

    /// <summary>Components of a vector; 0: none.</summary>
    public static int VectorDimensions(ReadOnlySpan<byte> payload) => new ByteReader(payload).UInt16();

    /// <summary>Copies the components of a vector.</summary>
    /// <param name="payload">The field's payload.</param>
    /// <param name="destination">At least <see cref="VectorDimensions"/> long; overwritten.</param>
    public static void CopyVector(ReadOnlySpan<byte> payload, Span<float> destination)
    {
        var reader = new ByteReader(payload);
        var dimensions = reader.UInt16();
        var components = reader.Take(dimensions * sizeof(float));
        if (BitConverter.IsLittleEndian)
        {
            components.CopyTo(MemoryMarshal.AsBytes(destination));
            return;
        }

        for (var i = 0; i < dimensions; i++)
        {
            destination[i] = BinaryPrimitives.ReadSingleLittleEndian(components[(i * sizeof(float))..]);
        }
    }

    /// <summary>Lies in the years 0001 to 9999.</summary>
    internal static bool IsInstant(long microseconds) => microseconds >= MinInstant && microseconds <= MaxInstant;

    /// <summary>Lies between 0 and 1; NaN does not.</summary>
    internal static bool IsShare(float value) => value >= 0 && value <= 1;

    internal static void WriteSingles(ReadOnlySpan<float> values, Span<byte> destination)
    {
        if (BitConverter.IsLittleEndian)
        {
            MemoryMarshal.AsBytes(values).CopyTo(destination);
            return;
        }

        for (var i = 0; i < values.Length; i++)
        {
            BinaryPrimitives.WriteSingleLittleEndian(destination[(i * sizeof(float))..], values[i]);
        }
    }
}
