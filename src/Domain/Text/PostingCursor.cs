using System.Runtime.CompilerServices;

namespace Cairn.Text;

/// <summary>Walks over the postings of one term in the order of documents. One thread; no allocation. Begins before the first one.</summary>
internal struct PostingCursor
{
    /// <summary>The document behind the last one.</summary>
    public const int AtEnd = int.MaxValue;

    private readonly PostingBlocks _blocks;
    private readonly int _documents;
    private byte[] _slab;
    private int _block;
    private int _at;
    private int _end;
    private int _positions;

    /// <param name="blocks">Where they lie.</param>
    /// <param name="head">The first block, or 0.</param>
    /// <param name="documents">Documents at or above this are not there.</param>
    public PostingCursor(PostingBlocks blocks, uint head, int documents)
    {
        (_blocks, _documents, _slab, Document) = (blocks, documents, [], -1);
        if (head == 0)
        {
            Document = AtEnd;
        }
        else
        {
            Enter(head);
        }
    }

    /// <summary>The document reached; −1 before the first, <see cref="AtEnd"/> behind the last.</summary>
    public int Document { get; private set; }

    /// <summary>How often the term is in it.</summary>
    public int Frequency { get; private set; }

    /// <summary>Goes to the next document.</summary>
    public void MoveNext()
    {
        if (Document == AtEnd)
        {
            return;
        }

        while (_at == _end || Volatile.Read(ref _slab[_at]) == 0)
        {
            var next = PostingBlocks.NextOf(_slab, _block);
            if (next == 0)
            {
                Document = AtEnd;
                return;
            }

            Enter(next);
        }

        ReadEntry();
    }

    /// <summary>Goes to the first document that is not before one; it stays where it is if it is there or behind it.</summary>
    public void AdvanceTo(int document)
    {
        if (Document >= document)
        {
            return;
        }

        // A block whose successor begins at or before the document needs no reading.
        for (var next = PostingBlocks.NextOf(_slab, _block); next != 0; next = PostingBlocks.NextOf(_slab, _block))
        {
            var slab = _blocks.Slab(next, out var start);
            var at = start + PostingBlocks.HeaderBytes;
            if ((int)(Varint(slab, ref at) - 1) > document)
            {
                break;
            }

            Enter(next);
        }

        while (Document < document)
        {
            MoveNext();
        }
    }

    /// <summary>Writes the positions of the term in the document reached and answers how many there are, at most <see cref="PostingLists.MaxPositions"/>.</summary>
    /// <param name="positions">At least that long.</param>
    public readonly int ReadPositions(Span<int> positions)
    {
        var at = _positions;
        var count = Math.Min(Frequency, PostingLists.MaxPositions);
        var position = 0;
        for (var i = 0; i < count; i++)
        {
            position += (int)Varint(_slab, ref at);
            positions[i] = position;
        }

        return count;
    }

    private void Enter(uint block)
    {
        _slab = _blocks.Slab(block, out _block);
        _at = _block + PostingBlocks.HeaderBytes;
        _end = PostingBlocks.EndOf(_slab, _block);
    }

    private void ReadEntry()
    {
        var isFirst = _at == _block + PostingBlocks.HeaderBytes;
        var at = _at;
        var distance = (int)Varint(_slab, ref at);
        var document = isFirst ? distance - 1 : Document + distance;
        if ((uint)document >= (uint)_documents)
        {
            Document = AtEnd;
            return;
        }

        Document = document;
        Frequency = (int)Varint(_slab, ref at);
        if (Frequency == 1)
        {
            _positions = at;
            Varint(_slab, ref at);
        }
        else
        {
            var lengthBytes = (int)Varint(_slab, ref at);
            _positions = at;
            at += lengthBytes;
        }

        _at = at;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static uint Varint(byte[] bytes, ref int at)
    {
        uint value = bytes[at++];
        if (value >= 0x80)
        {
            value &= 0x7F;
            var shift = 7;
            byte next;
            do
            {
                next = bytes[at++];
                value |= (uint)(next & 0x7F) << shift;
                shift += 7;
            }
            while (next >= 0x80);
        }

        return value;
    }
}
