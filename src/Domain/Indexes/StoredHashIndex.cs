using Cairn.Columns;

namespace Cairn.Indexes;

/// <summary>
/// A map from hash to entry as a checkpoint holds it: never changed, loaded segment by segment. Any thread.
/// </summary>
/// <remarks>
/// Segment n has the entries whose tag (the high half of the hash) begins with the bits of n. It is open addressing over a power of two of slots, each a word
/// of 64 bits, (tag, entry + 1), or 0 while it is free; an entry lies at tag mod slots or in the first free slot behind it, around the end.
/// </remarks>
/// <param name="depth">Bits that number the segments.</param>
/// <param name="segments">2^depth of them.</param>
internal sealed class StoredHashIndex(int depth, IChunkSource<ulong[]> segments)
{
    /// <summary>Entries that are in a segment on average, at most: 5/8 of its 1,024 slots.</summary>
    private const int EntriesPerSegment = 640;
    private const int SlotsPerSegment = 1024;
    private const int LeastSlots = 8;

    private readonly Spine<ulong[]> _segments = LazyChunks.Of(segments);

    /// <summary>Bits that number the segments of so many entries.</summary>
    public static int DepthFor(int entries)
    {
        var depth = 0;
        while ((long)EntriesPerSegment << depth < entries)
        {
            depth++;
        }

        return depth;
    }

    /// <summary>The segments of a map.</summary>
    /// <param name="hashes">Of each entry its tag, in the order of <paramref name="entries"/>.</param>
    /// <param name="entries">What the hashes lead to.</param>
    /// <param name="depth">As <see cref="DepthFor"/> says.</param>
    public static IEnumerable<ulong[]> Build(uint[] hashes, int[] entries, int depth)
    {
        // Counted, then placed: entries of a segment lie together.
        var starts = new int[(1 << depth) + 1];
        foreach (var tag in hashes)
        {
            starts[SegmentOf(tag, depth) + 1]++;
        }

        for (var segment = 0; segment < 1 << depth; segment++)
        {
            starts[segment + 1] += starts[segment];
        }

        var order = new int[hashes.Length];
        var next = starts.AsSpan(0, 1 << depth).ToArray();
        for (var i = 0; i < hashes.Length; i++)
        {
            order[next[SegmentOf(hashes[i], depth)]++] = i;
        }

        for (var segment = 0; segment < 1 << depth; segment++)
        {
            yield return Fill(order.AsMemory(starts[segment]..starts[segment + 1]), hashes, entries, depth == 0 ? LeastSlots : SlotsPerSegment);
        }
    }

    /// <summary>The entry with this hash that matches, or −1.</summary>
    public int Find<TMatcher>(ulong hash, ref TMatcher matcher)
        where TMatcher : struct, IEntryMatcher, allows ref struct
    {
        var tag = (uint)(hash >> 32);
        var segment = _segments[SegmentOf(tag, depth)]!;
        var mask = (uint)segment.Length - 1;
        for (var i = tag & mask; ; i = (i + 1) & mask)
        {
            var slot = segment[i];
            if (slot == 0)
            {
                return -1;
            }

            if ((uint)(slot >> 32) == tag && matcher.Matches((int)((uint)slot - 1)))
            {
                return (int)((uint)slot - 1);
            }
        }
    }

    /// <summary>Bytes of what is loaded.</summary>
    public long Bytes => LazyChunks.CountLoaded(_segments) * SlotsPerSegment * sizeof(ulong);

    /// <summary>A segment from its stored bytes.</summary>
    /// <exception cref="Primitives.CairnException">Corrupt: no power of two of slots, or none is free.</exception>
    public static ulong[] Read(ReadOnlySpan<byte> bytes)
    {
        var slots = StoredWords.ReadUInt64(bytes);
        return slots.Length > 0 && (slots.Length & (slots.Length - 1)) == 0 && slots.AsSpan().Contains(0UL)
            ? slots
            : throw Formats.Malformed.Because("a segment of a hash index is damaged");
    }

    private static int SegmentOf(uint tag, int depth) => depth == 0 ? 0 : (int)(tag >> (32 - depth));

    private static ulong[] Fill(ReadOnlyMemory<int> members, uint[] hashes, int[] entries, int leastSlots)
    {
        var slots = leastSlots;
        while (members.Length > slots / 4 * 3)
        {
            slots *= 2;
        }

        var segment = new ulong[slots];
        var mask = (uint)slots - 1;
        foreach (var member in members.Span)
        {
            var at = hashes[member] & mask;
            while (segment[at] != 0)
            {
                at = (at + 1) & mask;
            }

            segment[at] = ((ulong)hashes[member] << 32) | ((uint)entries[member] + 1);
        }

        return segment;
    }
}
