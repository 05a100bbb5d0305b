using System.Runtime.CompilerServices;

namespace Cairn.Columns;

/// <summary>
/// Values that vary in length, written once and read by any snapshot that knows their reference. A reference is
/// chunk × 131,072 + offset; there lie the length (LEB128) and the bytes. A value that does not fit into one chunk
/// goes on at the start of the chunks behind it.
/// Invariants: bytes are written before the snapshot that refers to them is published, and never change after;
/// a chunk leaves the directory when no cell of the newest version refers to it (older snapshots keep theirs).
/// </summary>
internal readonly record struct Arena(Spine<byte[]> Chunks)
{
    /// <summary>Bytes of a full chunk: room for the longest string, and still not a large object to the garbage collector.</summary>
    public const int ChunkBytes = 80 * 1024;

    /// <summary>The first reference of the next chunk.</summary>
    public const int Stride = 128 * 1024;

    /// <summary>Bytes of a length at most: a value has less than 2^28 bytes.</summary>
    public const int MaxPrefixBytes = 4;

    /// <summary>Nothing.</summary>
    public static Arena Empty => new(Spine<byte[]>.Empty);

    /// <summary>Bytes of memory of its chunks.</summary>
    public long AllocatedBytes
    {
        get
        {
            var bytes = 0L;
            foreach (var chunks in Chunks.Chunks ?? [])
            {
                foreach (var chunk in chunks)
                {
                    // What was not loaded takes no memory.
                    bytes += chunk?.Length ?? 0;
                }
            }

            return bytes;
        }
    }

    /// <summary>A reference means the same value in another version: the number of its chunk has not gone to a new one, and what is written never changes.</summary>
    public bool SharesValue(Arena other, long reference) => ReferenceEquals(Chunk(reference), other.Chunk(reference));

    /// <summary>Bytes of a value.</summary>
    public int LengthOf(long reference) => Prefix(Chunk(reference), Offset(reference), out _);

    /// <summary>The bytes of a value where they lie, if they are in one piece; every value of up to <see cref="MaxContiguousBytes"/> is.</summary>
    public bool TryGetSpan(long reference, out ReadOnlySpan<byte> bytes)
    {
        var chunk = Chunk(reference);
        var offset = Offset(reference);
        var length = Prefix(chunk, offset, out var prefix);
        if (offset + prefix + length > chunk.Length)
        {
            bytes = default;
            return false;
        }

        bytes = chunk.AsSpan(offset + prefix, length);
        return true;
    }

    /// <summary>Values up to here always lie in one piece.</summary>
    public const int MaxContiguousBytes = ChunkBytes - MaxPrefixBytes;

    /// <summary>Copies a value; <paramref name="destination"/> has its length at least.</summary>
    public void CopyTo(long reference, Span<byte> destination)
    {
        var index = (int)(reference / Stride);
        var chunk = Chunk(reference);
        var length = Prefix(chunk, Offset(reference), out var prefix);
        var from = Offset(reference) + prefix;
        for (var done = 0; done < length; from = 0)
        {
            var part = Math.Min(length - done, chunk.Length - from);
            chunk.AsSpan(from, part).CopyTo(destination[done..]);
            done += part;
            chunk = done < length ? Chunks[++index]! : chunk;
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private byte[] Chunk(long reference) => Chunks[(int)(reference / Stride)]!;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static int Offset(long reference) => (int)(reference % Stride);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal static int Prefix(byte[] chunk, int offset, out int prefixBytes)
    {
        var first = chunk[offset];
        if (first < 0x80)
        {
            prefixBytes = 1;
            return first;
        }

        var second = chunk[offset + 1];
        if (second < 0x80)
        {
            prefixBytes = 2;
            return (first & 0x7F) | (second << 7);
        }

        var third = chunk[offset + 2];
        var length = (first & 0x7F) | ((second & 0x7F) << 7) | ((third & 0x7F) << 14);
        prefixBytes = third < 0x80 ? 3 : 4;
        return third < 0x80 ? length : length | (chunk[offset + 3] << 21);
    }
}
