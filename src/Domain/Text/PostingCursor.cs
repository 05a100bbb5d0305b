using System.Runtime.CompilerServices;
using Cairn.Formats;

namespace Cairn.Text;

/// <summary>
/// Walks over the postings of one term in the order of documents: those in runs, then those in memory. One thread; no allocation a posting. Begins before the first one.
/// </summary>
/// <remarks>What a method throws of a run's chunks is Corrupt or Unavailable.</remarks>
internal struct PostingCursor
{
    /// <summary>The document behind the last one.</summary>
    public const int AtEnd = int.MaxValue;

    private readonly PostingBlocks _blocks;
    private readonly int _documents;
    private readonly uint _head;

    // Until they are at their end.
    private RunBlocks? _runs;
    private byte[] _slab;
    private int _block;
    private int _first;
    private int _at;
    private int _end;
    private int _positions;

    /// <param name="blocks">Where they lie in memory.</param>
    /// <param name="head">The first block, or 0.</param>
    /// <param name="documents">Documents at or above this are not there.</param>
    /// <param name="stored">Those in runs; null: none.</param>
    public PostingCursor(PostingBlocks blocks, uint head, int documents, StoredList[]? stored = null)
    {
        (_blocks, _head, _documents, _slab, Document) = (blocks, head, documents, [], -1);
        if (stored is not null)
        {
            _runs = new(stored);
        }
        else
        {
            EnterMemory();
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

        if (_at == _end || Volatile.Read(ref _slab[_at]) == 0)
        {
            EnterNext();
            if (Document == AtEnd)
            {
                return;
            }
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

        if (_runs is not null)
        {
            SkipRuns(document);
        }

        if (_runs is null && Document != AtEnd)
        {
            SkipMemory(document);
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

    /// <summary>Writes how often and where the term is in the document reached, as <see cref="PostingLists.WriteBody"/> does, and answers the length in bytes.</summary>
    /// <param name="body">At least <see cref="PostingLists.MaxBodyBytes"/> long.</param>
    public readonly int CopyBody(Span<byte> body)
    {
        var positions = _slab.AsSpan(_positions.._at);
        var at = ByteWriting.Varint(body, (uint)Frequency);
        at += Frequency == 1 ? 0 : ByteWriting.Varint(body[at..], (uint)positions.Length);
        positions.CopyTo(body[at..]);
        return at + positions.Length;
    }

    // A block whose successor begins at or before the document needs no reading.
    private void SkipMemory(int document)
    {
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
    }

    private void SkipRuns(int document)
    {
        if (_runs!.SkipTo(document))
        {
            Enter(_runs);
        }

        if (_at == _end && !_runs.HasMore)
        {
            EnterMemory();
        }
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private void EnterNext()
    {
        if (_runs is null)
        {
            var next = PostingBlocks.NextOf(_slab, _block);
            if (next == 0)
            {
                Document = AtEnd;
            }
            else
            {
                Enter(next);
            }
        }
        else if (_runs.MoveNext())
        {
            Enter(_runs);
        }
        else
        {
            EnterMemory();
        }
    }

    private void EnterMemory()
    {
        _runs = null;
        if (_head == 0)
        {
            Document = AtEnd;
        }
        else
        {
            Enter(_head);
        }
    }

    private void Enter(uint block)
    {
        _slab = _blocks.Slab(block, out _block);
        _at = _first = _block + PostingBlocks.HeaderBytes;
        _end = PostingBlocks.EndOf(_slab, _block);
    }

    private void Enter(RunBlocks runs) => (_slab, _at, _first, _end) = (runs.Bytes, runs.Start, runs.Start, runs.End);

    private void ReadEntry()
    {
        var at = _at;
        var distance = (int)Varint(_slab, ref at);
        var document = _at == _first ? FirstOfBlock(distance) : Document + distance;
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

    // Blocks are checked when their chunk is loaded, but not whether they are of one list.
    private readonly int FirstOfBlock(int stored)
    {
        if (stored - 1 <= Document)
        {
            Malformed.Throw("documents of a list of postings are out of order");
        }

        return stored - 1;
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
