using System.Buffers.Binary;
using System.Diagnostics.CodeAnalysis;
using Cairn.Formats;
using Cairn.Primitives;

namespace Cairn.Text;

/// <summary>
/// Writes the postings of a run, list by list, in chunks (<see cref="PostingChunk"/>). One thread.
/// Invariant: a chunk that is full is taken before more is added, so that one is waiting at most.
/// </summary>
internal sealed class PostingChunkWriter
{
    private readonly byte[] _entries = new byte[PostingChunk.MaxEntriesBytes];
    private readonly byte[] _chunk = new byte[PostingChunk.MaxBytes];
    private int _entriesBytes;
    private int _chunkBytes;
    private int _number;
    private int _document;
    private TermPlace _place;
    private byte[]? _full;

    /// <summary>Adds an entry to the list.</summary>
    /// <param name="document">Greater than that of the entry before it.</param>
    /// <param name="body">Its other bytes.</param>
    public void Append(int document, ReadOnlySpan<byte> body)
    {
        Span<byte> head = stackalloc byte[ByteWriting.MaxVarintBytes];
        var headBytes = _entriesBytes == 0 ? 0 : ByteWriting.Varint(head, (uint)(document - _document));
        if (headBytes == 0 || _entriesBytes + headBytes + body.Length > _entries.Length)
        {
            EndBlock();
            headBytes = ByteWriting.Varint(head, (uint)document + 1);
        }

        head[..headBytes].CopyTo(_entries.AsSpan(_entriesBytes));
        body.CopyTo(_entries.AsSpan(_entriesBytes + headBytes));
        (_entriesBytes, _document) = (_entriesBytes + headBytes + body.Length, document);
        _place = _place with { Documents = _place.Documents + 1 };
    }

    /// <summary>Ends the list and answers where it is; no documents: it is nowhere.</summary>
    public TermPlace EndList()
    {
        EndBlock();
        var place = _place;
        _place = default;
        return place;
    }

    /// <summary>Hands out a chunk that is full.</summary>
    public bool TryTake([NotNullWhen(true)] out byte[]? full)
    {
        (full, _full) = (_full, null);
        return full is not null;
    }

    /// <summary>Hands out the last chunk, when all lists are ended; null: there is none.</summary>
    public byte[]? Finish() => _chunkBytes > 0 ? _chunk[.._chunkBytes] : null;

    private void EndBlock()
    {
        if (_entriesBytes == 0)
        {
            return;
        }

        if (_chunkBytes + PostingChunk.HeaderBytes + _entriesBytes > _chunk.Length)
        {
            Invariant.Require(_full is null, "a full chunk of postings is taken before the next one is");
            _full = _chunk[.._chunkBytes];
            (_chunkBytes, _number) = (0, _number + 1);
        }

        _place = _place.Blocks == 0 ? _place with { Blocks = 1, Chunk = _number, Offset = _chunkBytes } : _place with { Blocks = _place.Blocks + 1 };
        BinaryPrimitives.WriteUInt16LittleEndian(_chunk.AsSpan(_chunkBytes), (ushort)_entriesBytes);
        _entries.AsSpan(0, _entriesBytes).CopyTo(_chunk.AsSpan(_chunkBytes + PostingChunk.HeaderBytes));
        (_chunkBytes, _entriesBytes) = (_chunkBytes + PostingChunk.HeaderBytes + _entriesBytes, 0);
    }
}
