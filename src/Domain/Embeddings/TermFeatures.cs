using Cairn.Primitives;
using Cairn.Text;

namespace Cairn.Embeddings;

/// <summary>The components that a term adds to. Stateless; any thread.</summary>
internal static class TermFeatures
{
    /// <summary>Characters of a group. The term's beginning and end count as one each, so that prefixes and suffixes are groups of their own.</summary>
    private const int GroupLength = 4;

    /// <summary>What a term as a whole adds to each of its components: one half of a unit, so that four are one unit long.</summary>
    private const long TermUnit = 512;

    private const byte Beginning = (byte)'^', Ending = (byte)'$';
    private const int MaxMarkedBytes = Terms.MaxBytes + 2;

    // Part of the model: any other key is another model.
    private static readonly KeyedHash GroupHash = new(0x67726F757073);
    private static readonly KeyedHash TermHash = new(0x7465726D73);

    // By number of groups: half a unit, shared so that all of them together are as long as that.
    private static readonly long[] GroupUnits = [.. Enumerable.Range(0, MaxMarkedBytes).Select(static count => (long)Math.Round(TermUnit / Math.Sqrt(Math.Max(count, 1))))];

    /// <summary>Names a term.</summary>
    public static ulong Hash(ReadOnlySpan<byte> term) => TermHash.Of(term);

    /// <summary>Adds a term.</summary>
    /// <param name="hash">Its <see cref="Hash"/>.</param>
    /// <param name="term">UTF-8, at most <see cref="Terms.MaxBytes"/>.</param>
    /// <param name="weight">What it weighs; any unit.</param>
    /// <param name="sums">Shape [<see cref="HashingModel.Dimensions"/>].</param>
    public static void Add(ulong hash, ReadOnlySpan<byte> term, long weight, Span<long> sums)
    {
        for (var part = 0; part < 4; part++, hash >>= 16)
        {
            AddTo(sums, hash, TermUnit * weight);
        }

        AddGroups(term, weight, sums);
    }

    private static void AddGroups(ReadOnlySpan<byte> term, long weight, Span<long> sums)
    {
        Span<byte> marked = stackalloc byte[MaxMarkedBytes];
        marked[0] = Beginning;
        term.CopyTo(marked[1..]);
        marked[term.Length + 1] = Ending;
        marked = marked[..(term.Length + 2)];

        Span<byte> starts = stackalloc byte[MaxMarkedBytes + 1];
        var characters = Starts(marked, starts);
        var groups = characters - GroupLength + 1;
        for (var i = 0; i < groups && groups > 1; i++)
        {
            AddTo(sums, GroupHash.Of(marked[starts[i]..starts[i + GroupLength]]), GroupUnits[groups] * weight);
        }
    }

    // Where each character begins, and where the last one ends.
    private static int Starts(ReadOnlySpan<byte> text, Span<byte> starts)
    {
        var count = 0;
        for (var at = 0; at < text.Length; at++)
        {
            if ((text[at] & 0xC0) != 0x80)
            {
                starts[count++] = (byte)at;
            }
        }

        starts[count] = (byte)text.Length;
        return count;
    }

    // The lowest bit is the sign, the next 15 spread over the components.
    private static void AddTo(Span<long> sums, ulong hash, long amount)
    {
        var component = (int)((((uint)hash >> 1) & 0x7FFF) * HashingModel.Dimensions >> 15);
        sums[component] += (hash & 1) == 0 ? amount : -amount;
    }
}
