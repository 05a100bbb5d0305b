using Cairn.Formats;
using Cairn.Primitives;

namespace Cairn.Text;

/// <summary>
/// The postings of each term, by its number: in which documents it is, how often and where. Append-only in the order of documents; one writer, many readers, no lock.
/// </summary>
/// <remarks>
/// An entry of a block is the distance to the document of the entry before it (in the first entry of a block the document plus 1), the frequency, the bytes that follow
/// if the frequency is not 1, and the positions, each as the distance to the one before it: all of it unsigned LEB128. Blocks of a chain grow from 16 to 4,096 bytes.
/// A reader ignores documents at or above its snapshot's count.
/// </remarks>
internal sealed class PostingLists
{
    /// <summary>Positions of one term that are kept of a document; phrases are not found behind them. So an entry always fits into a block.</summary>
    public const int MaxPositions = 512;

    /// <summary>Positions lie below 2^28, so that each takes four bytes at most.</summary>
    public const int PositionLimit = 1 << 28;

    /// <summary>Bytes of the positions of an entry, at most.</summary>
    public const int MaxPositionsBytes = MaxPositions * 4;

    /// <summary>Bytes of an entry without its document, at most.</summary>
    public const int MaxBodyBytes = (2 * VarintBytes) + MaxPositionsBytes;

    private const int VarintBytes = 5;
    private readonly PostingBlocks _blocks = new();
    private readonly AppendList<uint> _heads = new();
    private readonly AppendList<long> _extents = new();
    private readonly AppendList<Tail> _tails = new();

    /// <summary>Where a term's last block is, how much of it is used, and its last document.</summary>
    private readonly record struct Tail(uint Block, int Used, int Size, int Document);

    /// <summary>Bytes of memory, about.</summary>
    public long Bytes => _blocks.Bytes + (_heads.Capacity * (sizeof(uint) + sizeof(long) + (4 * sizeof(int))));

    /// <summary>Makes room for a term and all below it. The writer only.</summary>
    public void EnsureTerm(int term)
    {
        while (_tails.Count <= term)
        {
            _heads.Add(0);
            _tails.Add(default);
            _extents.Add(0);
        }
    }

    /// <summary>Adds an entry. The writer only.</summary>
    /// <param name="term">There is room for it.</param>
    /// <param name="document">Greater than that of the entry before it.</param>
    /// <param name="body">From <see cref="WriteBody"/>.</param>
    public void Append(int term, int document, ReadOnlySpan<byte> body)
    {
        ref var tail = ref _tails[term];
        Span<byte> head = stackalloc byte[ByteWriting.MaxVarintBytes];
        var headBytes = ByteWriting.Varint(head, (uint)(document - tail.Document));
        if (tail.Block != 0 && tail.Used + headBytes + body.Length <= PostingBlocks.UnitBytes << tail.Size)
        {
            Invariant.Require(document > tail.Document, "documents are added in order");
            _blocks.Write(tail.Block, tail.Used, head[..headBytes], body);
            tail = tail with { Used = tail.Used + headBytes + body.Length, Document = document };
        }
        else
        {
            AppendBlock(term, document, body);
        }

        // Both halves in one word, so that a reader gets them of the same moment.
        Volatile.Write(ref _extents[term], ((long)document << 32) | (uint)((int)_extents[term] + 1));
    }

    /// <summary>Terms that there is room for; any thread.</summary>
    public int TermCount => _extents.Count;

    /// <summary>The postings of a term below a count of documents; none of term −1.</summary>
    /// <param name="term">Its number.</param>
    /// <param name="documents">Documents at or above this are left out.</param>
    /// <param name="stored">Those in runs, which come before; null: none.</param>
    public PostingCursor Read(int term, int documents, StoredList[]? stored = null)
    {
        var head = (uint)term < (uint)_extents.Count ? Volatile.Read(ref _heads[term]) : 0;
        return new(_blocks, head, documents, stored);
    }

    /// <summary>How many postings a term has below a count of documents, if that can be told without reading them: it has none at or above it. Term −1 has none.</summary>
    public bool TryCount(int term, int documents, out int count)
    {
        var extent = Extent(term);
        count = (int)extent;
        return count == 0 || (int)(extent >> 32) < documents;
    }

    /// <summary>Whether a term has postings, perhaps of later versions, at or above a document.</summary>
    public bool HasFrom(int term, int document)
    {
        var extent = Extent(term);
        return (int)extent > 0 && (int)(extent >> 32) >= document;
    }

    /// <summary>Writes how often and where a term is in a document, and answers the length in bytes, at most <see cref="MaxBodyBytes"/>.</summary>
    /// <param name="frequency">At least 1.</param>
    /// <param name="positions">The first ones, rising: <paramref name="frequency"/> or <see cref="MaxPositions"/>, whichever is less.</param>
    /// <param name="body">Overwritten.</param>
    public static int WriteBody(int frequency, ReadOnlySpan<int> positions, Span<byte> body)
    {
        var at = ByteWriting.Varint(body, (uint)frequency);
        if (frequency == 1)
        {
            return at + ByteWriting.Varint(body[at..], (uint)positions[0]);
        }

        Span<byte> places = stackalloc byte[MaxBodyBytes];
        var (length, before) = (0, 0);
        foreach (var position in positions)
        {
            length += ByteWriting.Varint(places[length..], (uint)(position - before));
            before = position;
        }

        at += ByteWriting.Varint(body[at..], (uint)length);
        places[..length].CopyTo(body[at..]);
        return at + length;
    }

    private long Extent(int term) => (uint)term < (uint)_extents.Count ? Volatile.Read(ref _extents[term]) : 0;

    private void AppendBlock(int term, int document, ReadOnlySpan<byte> body)
    {
        ref var tail = ref _tails[term];
        Span<byte> head = stackalloc byte[ByteWriting.MaxVarintBytes];
        var headBytes = ByteWriting.Varint(head, (uint)document + 1);
        var neededBytes = PostingBlocks.HeaderBytes + headBytes + body.Length;
        var size = tail.Block == 0 ? 0 : Math.Min(PostingBlocks.MaxSize, tail.Size + 1);
        while (PostingBlocks.UnitBytes << size < neededBytes)
        {
            size++;
        }

        Invariant.Require(size <= PostingBlocks.MaxSize, "a posting fits into a block");
        var block = _blocks.Allocate(size);
        _blocks.Write(block, PostingBlocks.HeaderBytes, head[..headBytes], body);
        if (tail.Block == 0)
        {
            Volatile.Write(ref _heads[term], block);
        }
        else
        {
            _blocks.Link(tail.Block, block);
        }

        tail = new(block, neededBytes, size, document);
    }
}
