using System.Buffers.Binary;
using System.Numerics;
using Cairn.Formats;
using Cairn.Primitives;

namespace Cairn.Reconciliation.Outcomes;

/// <summary>
/// Tells of most keys that they are not in a set: a fingerprint of 16 bits of each key, in open addressing inside of pages. Three bytes a key; one
/// key in some 10,000 is taken for one that is there. Immutable; any thread.
/// </summary>
/// <remarks>
/// A key's upper half picks the page, its lower half slot and fingerprint: keys of ids that callers gave are digests and spread by themselves. Where
/// somebody made many keys for one page, that page is full and holds every key, which costs a look at the file and nothing else.
/// </remarks>
internal sealed class CommitIdFilter
{
    /// <summary>Slots of a page at most, 32 KiB.</summary>
    public const int MaxSlots = 16 * 1024;

    private const int MinSlots = 64;
    private readonly ushort[][] _pages;

    private CommitIdFilter(ushort[][] pages) => _pages = pages;

    /// <summary>The pages, to be stored; all have the same number of slots.</summary>
    public IReadOnlyList<ushort[]> Pages => _pages;

    /// <summary>Bytes of memory.</summary>
    public long Bytes => _pages.Length * (long)_pages[0].Length * sizeof(ushort);

    /// <summary>Makes the filter of some keys, at least one.</summary>
    public static CommitIdFilter Of(IReadOnlyList<CommitIdEntry> entries)
    {
        var slots = entries.Count + (entries.Count / 2);
        var pageCount = (slots + MaxSlots - 1) / MaxSlots;
        var slotsPerPage = pageCount > 1 ? MaxSlots : Math.Clamp((int)BitOperations.RoundUpToPowerOf2((uint)slots), MinSlots, MaxSlots);
        var pages = new ushort[pageCount][];
        for (var i = 0; i < pageCount; i++)
        {
            pages[i] = new ushort[slotsPerPage];
        }

        var filter = new CommitIdFilter(pages);
        for (var i = 0; i < entries.Count; i++)
        {
            filter.Add(entries[i].Key);
        }

        return filter;
    }

    /// <summary>Makes the filter of stored pages.</summary>
    /// <exception cref="CairnException">Corrupt: they are no pages of one filter.</exception>
    public static CommitIdFilter Read(IReadOnlyList<byte[]> stored)
    {
        var pages = new ushort[stored.Count][];
        for (var i = 0; i < pages.Length; i++)
        {
            var slots = stored[i].Length / sizeof(ushort);
            if (slots is < MinSlots or > MaxSlots || !BitOperations.IsPow2(slots) || stored[i].Length != stored[0].Length || stored[i].Length % sizeof(ushort) != 0)
            {
                throw Malformed.Because("a page of a filter has a wrong length");
            }

            pages[i] = new ushort[slots];
            for (var slot = 0; slot < slots; slot++)
            {
                pages[i][slot] = BinaryPrimitives.ReadUInt16LittleEndian(stored[i].AsSpan(slot * sizeof(ushort)));
            }
        }

        return pages.Length > 0 ? new(pages) : throw Malformed.Because("a filter has no page");
    }

    /// <summary>The bytes of a page as they are stored.</summary>
    public static byte[] ToBytes(ushort[] page)
    {
        var bytes = new byte[page.Length * sizeof(ushort)];
        for (var slot = 0; slot < page.Length; slot++)
        {
            BinaryPrimitives.WriteUInt16LittleEndian(bytes.AsSpan(slot * sizeof(ushort)), page[slot]);
        }

        return bytes;
    }

    /// <summary>What stands where the key is looked for first; 0: the key is not in the set.</summary>
    public ushort First(UInt128 key)
    {
        var page = Page(key);
        return page[Place(key, page.Length).Slot];
    }

    /// <summary>False: the key is not in the set.</summary>
    public bool MayHold(UInt128 key)
    {
        var page = Page(key);
        var (slot, fingerprint) = Place(key, page.Length);
        for (var i = 0; i < page.Length; i++)
        {
            var found = page[(slot + i) & (page.Length - 1)];
            if (found == 0)
            {
                return false;
            }

            if (found == fingerprint)
            {
                return true;
            }
        }

        return true;
    }

    private void Add(UInt128 key)
    {
        var page = Page(key);
        var (slot, fingerprint) = Place(key, page.Length);
        for (var i = 0; i < page.Length; i++)
        {
            ref var at = ref page[(slot + i) & (page.Length - 1)];
            if (at == 0 || at == fingerprint)
            {
                at = fingerprint;
                return;
            }
        }
    }

    private ushort[] Page(UInt128 key) => _pages[Math.BigMul((ulong)(key >> 64), (ulong)_pages.Length, out _)];

    // The highest bits are the fingerprint, the lowest the slot; no fingerprint is zero.
    private static (int Slot, ushort Fingerprint) Place(UInt128 key, int slots) =>
        ((int)((ulong)key & (uint)(slots - 1)), (ushort)Math.Max(1, (ulong)key >> 48));
}
