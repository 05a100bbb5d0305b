using System.Diagnostics.CodeAnalysis;
using Cairn.Formats;

namespace Cairn.Text;

/// <summary>Writes the dictionary of a run in chunks (<see cref="TermChunk"/>). One thread.</summary>
internal sealed class TermChunkWriter
{
    private readonly byte[] _chunk = new byte[TermChunk.MaxBytes];
    private readonly List<byte[]> _fences = [];
    private int _chunkBytes;

    /// <summary>The first term of each chunk so far.</summary>
    public IReadOnlyList<byte[]> Fences => _fences;

    /// <summary>Adds a term.</summary>
    /// <param name="term">Behind the one before it in byte order.</param>
    /// <param name="place">Where its postings are.</param>
    /// <param name="full">The chunk before, if there was no room for it.</param>
    /// <returns>There is such a chunk.</returns>
    public bool Add(ReadOnlySpan<byte> term, TermPlace place, [NotNullWhen(true)] out byte[]? full)
    {
        Span<byte> entry = stackalloc byte[1 + Terms.MaxBytes + (4 * ByteWriting.MaxVarintBytes)];
        var length = entry.Length - ByteWriting.Short(entry, term).Length;
        length += ByteWriting.Varint(entry[length..], (uint)place.Documents);
        length += ByteWriting.Varint(entry[length..], (uint)place.Blocks);
        length += ByteWriting.Varint(entry[length..], (uint)place.Chunk);
        length += ByteWriting.Varint(entry[length..], (uint)place.Offset);
        full = _chunkBytes + length > _chunk.Length ? Finish() : null;
        if (full is not null)
        {
            _chunkBytes = 0;
        }

        if (_chunkBytes == 0)
        {
            _fences.Add(term.ToArray());
        }

        entry[..length].CopyTo(_chunk.AsSpan(_chunkBytes));
        _chunkBytes += length;
        return full is not null;
    }

    /// <summary>The last chunk, when all terms are there; null: there is none.</summary>
    public byte[]? Finish() => _chunkBytes > 0 ? _chunk[.._chunkBytes] : null;
}
