using Cairn.Formats;

namespace Cairn.Text;

/// <summary>Walks over the blocks that runs have of a term, in the order of documents; chunks are loaded when it comes to them. One thread. Begins before the first block.</summary>
/// <param name="lists">One of each run that has the term, at least one.</param>
internal sealed class RunBlocks(StoredList[] lists)
{
    private int _list = -1;

    // Blocks of the list behind the one that is reached, and where the next one begins.
    private int _left;
    private int _number;
    private int _next;
    private PostingChunk? _chunk;

    /// <summary>What the block lies in.</summary>
    public byte[] Bytes { get; private set; } = [];

    /// <summary>Where its entries begin.</summary>
    public int Start { get; private set; }

    /// <summary>Where they end; where they begin: no block is reached.</summary>
    public int End { get; private set; }

    /// <summary>There are blocks behind the one that is reached.</summary>
    public bool HasMore => _left > 0 || _list + 1 < lists.Length;

    /// <summary>Goes to the next block.</summary>
    /// <exception cref="Primitives.CairnException">Corrupt, Unavailable.</exception>
    public bool MoveNext()
    {
        while (_left == 0)
        {
            if (!TryBegin(_list + 1))
            {
                return false;
            }
        }

        Take();
        return true;
    }

    /// <summary>Leaves blocks out that have no document from one on. It then reaches the last one that begins before or at it, or none if the next one begins behind it.</summary>
    /// <returns>The block that was reached is left.</returns>
    public bool SkipTo(int document)
    {
        var isLeft = false;
        while (_list < lists.Length && (_list < 0 || lists[_list].Run.End <= document))
        {
            TryBegin(_list + 1);
            isLeft = true;
        }

        // A block whose successor begins at or before the document needs no reading.
        while (_left > 0 && FirstOfNext() <= document)
        {
            Take();
            isLeft = true;
        }

        return isLeft;
    }

    private bool TryBegin(int list)
    {
        (Bytes, Start, End, _chunk, _list, _left) = ([], 0, 0, null, list, 0);
        if (list >= lists.Length)
        {
            _list = lists.Length;
            return false;
        }

        var place = lists[list].Place;
        (_number, _next, _left) = (place.Chunk, place.Offset, place.Blocks);
        return true;
    }

    private void Take()
    {
        var chunk = ChunkOfNext();
        (Bytes, Start, End) = (chunk.Bytes, _next + PostingChunk.HeaderBytes, chunk.EndOf(_next));
        _next = End;
        _left--;
    }

    private long FirstOfNext()
    {
        var chunk = ChunkOfNext();
        var entry = new ByteReader(chunk.Bytes.AsSpan(_next + PostingChunk.HeaderBytes));
        return entry.Varint() - 1L;
    }

    private PostingChunk ChunkOfNext()
    {
        var run = lists[_list].Run;
        if (_chunk is null)
        {
            var chunk = run.Postings(_number);
            _chunk = chunk.IsStart(_next) ? chunk : throw Malformed.Because("a dictionary of terms leads to no postings");
        }
        else if (_next == _chunk.Bytes.Length)
        {
            _chunk = run.Postings(_number + 1);
            (_number, _next) = (_number + 1, 0);
        }

        return _chunk;
    }
}
