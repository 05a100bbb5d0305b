using Cairn.Primitives;

namespace Cairn.Formats.Segments;

/// <summary>The bytes of a chunk as they go into a file, with their checksum. Immutable as long as nobody changes the bytes.</summary>
/// <param name="Stored">The bytes, compressed if <paramref name="Method"/> says so.</param>
/// <param name="Method">How they are stored.</param>
/// <param name="RawBytes">Bytes when decompressed.</param>
/// <param name="Crc">CRC-32C of <paramref name="Stored"/>.</param>
internal readonly record struct EncodedChunk(ReadOnlyMemory<byte> Stored, CompressionMethod Method, int RawBytes, uint Crc)
{
    /// <summary>Compression that saves less than one part in this many is not worth its decompression.</summary>
    private const int LeastSaving = 8;

    /// <summary>Encodes a chunk; any thread, so that several chunks can be encoded at once.</summary>
    /// <param name="raw">At most <see cref="SegmentFormat.MaxChunkBytes"/>. If the result is stored as it is, it refers to these bytes: keep them until it is written.</param>
    /// <param name="method">How to compress; the result is stored as it is if that saves less than an eighth.</param>
    /// <exception cref="CairnException">Internal: too long, or no such method.</exception>
    public static EncodedChunk Encode(ReadOnlyMemory<byte> raw, CompressionMethod method)
    {
        Invariant.Require(raw.Length <= SegmentFormat.MaxChunkBytes, "a chunk is too long for a segment");
        var most = raw.Length - ((raw.Length + LeastSaving - 1) / LeastSaving);
        return method != CompressionMethod.Stored && most > 0 && ChunkCompression.TryCompress(raw.Span, method, most) is { } compressed
            ? new(compressed, method, raw.Length, Crc32C.Compute(compressed))
            : new(raw, CompressionMethod.Stored, raw.Length, Crc32C.Compute(raw.Span));
    }
}
