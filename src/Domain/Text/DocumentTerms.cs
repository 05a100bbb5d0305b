using System.Buffers;

namespace Cairn.Text;

/// <summary>The terms of one document, gathered in any order and handed on term by term. One thread; its memory is used again.</summary>
internal sealed class DocumentTerms
{
    // What a document of ordinary length needs is kept; a longer one gives its memory back.
    private const int KeptItems = 8 * 1024;

    // The term in the high half, its position in the low one: in order they are as the postings want them.
    private ulong[] _items = ArrayPool<ulong>.Shared.Rent(256);
    private int _start;

    /// <summary>Terms so far, repeated ones included.</summary>
    public int Count { get; private set; }

    /// <summary>Adds a term.</summary>
    /// <param name="term">Its number.</param>
    /// <param name="position">Its place in the text that is being added.</param>
    public void Add(int term, int position)
    {
        if (Count == _items.Length)
        {
            var larger = ArrayPool<ulong>.Shared.Rent(Count * 2);
            _items.CopyTo(larger, 0);
            ArrayPool<ulong>.Shared.Return(_items);
            _items = larger;
        }

        _items[Count++] = ((ulong)(uint)term << 32) | (uint)(_start + position);
    }

    /// <summary>Ends a text: the places of the next one begin so much later.</summary>
    public void Leave(int positions) => _start += positions;

    /// <summary>Adds the postings of the document.</summary>
    public void AddTo(PostingLists postings, int document)
    {
        var items = _items.AsSpan(0, Count);
        items.Sort();
        Span<int> positions = stackalloc int[PostingLists.MaxPositions];
        Span<byte> body = stackalloc byte[PostingLists.MaxBodyBytes];
        for (var from = 0; from < items.Length;)
        {
            var term = items[from] >> 32;
            var frequency = 0;
            for (; from < items.Length && items[from] >> 32 == term; from++, frequency++)
            {
                if (frequency < positions.Length)
                {
                    positions[frequency] = (int)(uint)items[from];
                }
            }

            var length = PostingLists.WriteBody(frequency, positions[..Math.Min(frequency, positions.Length)], body);
            postings.Append((int)term, document, body[..length]);
        }
    }

    /// <summary>Begins the next document.</summary>
    public void Clear()
    {
        if (_items.Length > KeptItems)
        {
            ArrayPool<ulong>.Shared.Return(_items);
            _items = ArrayPool<ulong>.Shared.Rent(KeptItems);
        }

        (Count, _start) = (0, 0);
    }
}
