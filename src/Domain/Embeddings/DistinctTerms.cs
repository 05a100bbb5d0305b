using System.Buffers;
using System.Numerics;
using Cairn.Model;
using Cairn.Text;

namespace Cairn.Embeddings;

/// <summary>The terms of one text, each once, in the order in which they first come. Rented memory: <see cref="Return"/> it. One use.</summary>
/// <param name="textBytes">Bytes of the text.</param>
internal ref struct DistinctTerms(int textBytes)
{
    // Lower case may take a byte more than a letter of two; no term is shorter than half of what divides it from the next.
    private const int GrowthOfFolding = 2;
    private readonly byte[] _bytes = ArrayPool<byte>.Shared.Rent((textBytes * GrowthOfFolding) + Terms.MaxBytes);
    private readonly int[] _slots = ArrayPool<int>.Shared.Rent(SlotsFor(textBytes));
    private readonly DistinctTerm[] _terms = ArrayPool<DistinctTerm>.Shared.Rent(textBytes + 1);
    private int _byteCount;

    /// <summary>How many there are.</summary>
    public int Count { get; private set; }

    /// <summary>One of them.</summary>
    public readonly ref readonly DistinctTerm this[int index] => ref _terms[index];

    /// <summary>Its bytes, folded and reduced.</summary>
    public readonly ReadOnlySpan<byte> Bytes(int index) => _bytes.AsSpan(_terms[index].Start, _terms[index].Length);

    /// <summary>Gathers the terms of the text.</summary>
    public void Read(ReadOnlySpan<byte> text, TextLanguage language)
    {
        var slots = _slots.AsSpan(0, SlotsFor(text.Length));
        slots.Clear();
        Span<byte> buffer = stackalloc byte[Terms.MaxBytes];
        var reader = new TermReader(text, language, buffer);
        while (reader.MoveNext())
        {
            Add(TermFeatures.Hash(reader.Term), reader.Term, slots);
        }
    }

    /// <summary>Gives the memory back; nothing may be read any more.</summary>
    public readonly void Return()
    {
        ArrayPool<byte>.Shared.Return(_bytes);
        ArrayPool<int>.Shared.Return(_slots);
        ArrayPool<DistinctTerm>.Shared.Return(_terms);
    }

    // At most half of the slots are taken: a term and what divides it from the next take two bytes, or one character of at least two.
    private static int SlotsFor(int textBytes) => (int)BitOperations.RoundUpToPowerOf2((uint)textBytes + 16);

    // Terms whose 64 bits of hash agree would be one term: the model says so.
    private void Add(ulong hash, scoped ReadOnlySpan<byte> term, scoped Span<int> slots)
    {
        var mask = slots.Length - 1;
        for (var slot = (int)hash & mask; ; slot = (slot + 1) & mask)
        {
            if (slots[slot] == 0)
            {
                slots[slot] = Count + 1;
                term.CopyTo(_bytes.AsSpan(_byteCount));
                _terms[Count++] = new(hash, _byteCount, term.Length) { Frequency = 1 };
                _byteCount += term.Length;
                return;
            }

            if (_terms[slots[slot] - 1].Hash == hash)
            {
                _terms[slots[slot] - 1].Frequency++;
                return;
            }
        }
    }
}

/// <summary>A term of a text.</summary>
/// <param name="Hash">Its name.</param>
/// <param name="Start">Where its bytes begin.</param>
/// <param name="Length">Its bytes.</param>
internal record struct DistinctTerm(ulong Hash, int Start, int Length)
{
    /// <summary>How often it is there.</summary>
    public int Frequency { get; set; }
}
