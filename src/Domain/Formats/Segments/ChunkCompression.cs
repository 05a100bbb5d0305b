using System.Buffers;
using System.IO.Compression;
using System.Numerics;
using Cairn.Primitives;

namespace Cairn.Formats.Segments;

/// <summary>Compresses and decompresses whole chunks. Any thread.</summary>
internal static class ChunkCompression
{
    // Of texts, level 1 keeps 56 % and level 2 41 %; higher ones, and higher qualities, halve the speed for one or two hundredths more.
    private const int DeflateLevel = 2;
    private const int BrotliQuality = 1;

    // RFC 7932, section 9.1. A window that holds the chunk and no more keeps the decoder's memory down.
    private const int MinBrotliWindow = 10;
    private const int MaxBrotliWindow = 24;

    /// <returns>The compressed bytes, or null: they would be more than <paramref name="most"/>.</returns>
    public static byte[]? TryCompress(ReadOnlySpan<byte> raw, CompressionMethod method, int most) => method switch
    {
        CompressionMethod.Deflate => TryDeflate(raw, most, DeflateLevel),
        CompressionMethod.Brotli => TryBrotli(raw, most, BrotliQuality),
        _ => throw new CairnException(ErrorKind.Internal, $"no such compression method: {method}"),
    };

    /// <summary>Decompresses into exactly the bytes that the chunk had.</summary>
    /// <param name="stored">An array that holds the compressed bytes at its start.</param>
    /// <param name="storedBytes">How many.</param>
    /// <param name="method">Deflate or brotli.</param>
    /// <param name="raw">As long as the chunk was; nothing is written beyond it, whatever the bytes say.</param>
    /// <returns>False: the bytes are malformed, or make fewer or more.</returns>
    public static bool TryDecompress(byte[] stored, int storedBytes, CompressionMethod method, Span<byte> raw) =>
        method == CompressionMethod.Deflate ? TryInflate(stored, storedBytes, raw) : TryUnbrotli(stored.AsSpan(0, storedBytes), raw);

    /// <summary>As <see cref="TryCompress"/>, at a quality of 0 to 11.</summary>
    public static byte[]? TryBrotli(ReadOnlySpan<byte> raw, int most, int quality)
    {
        var rented = ArrayPool<byte>.Shared.Rent(most);
        try
        {
            var window = Math.Clamp(BitOperations.Log2((uint)raw.Length) + 1, MinBrotliWindow, MaxBrotliWindow);
            return BrotliEncoder.TryCompress(raw, rented.AsSpan(0, most), out var written, quality, window) ? rented.AsSpan(0, written).ToArray() : null;
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(rented);
        }
    }

    /// <summary>As <see cref="TryCompress"/>, at a level of 0 to 9.</summary>
    public static byte[]? TryDeflate(ReadOnlySpan<byte> raw, int most, int level)
    {
        using var compressed = new MemoryStream(most);
        using (var deflate = new DeflateStream(compressed, new ZLibCompressionOptions { CompressionLevel = level }, leaveOpen: true))
        {
            deflate.Write(raw);
        }

        return compressed.Length <= most ? compressed.ToArray() : null;
    }

    private static bool TryInflate(byte[] stored, int storedBytes, Span<byte> raw)
    {
        using var inflate = new DeflateStream(new MemoryStream(stored, 0, storedBytes, writable: false), CompressionMode.Decompress);
        try
        {
            return inflate.ReadAtLeast(raw, raw.Length, throwOnEndOfStream: false) == raw.Length && inflate.ReadByte() < 0;
        }
        catch (InvalidDataException)
        {
            return false;
        }
    }

    private static bool TryUnbrotli(ReadOnlySpan<byte> stored, Span<byte> raw)
    {
        using var decoder = default(BrotliDecoder);
        return decoder.Decompress(stored, raw, out var consumed, out var written) == OperationStatus.Done
            && consumed == stored.Length && written == raw.Length;
    }
}
