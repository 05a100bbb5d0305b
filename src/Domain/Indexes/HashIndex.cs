using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics.X86;

namespace Cairn.Indexes;

/// <summary>Tells whether an entry found by hash is the one that is looked for.</summary>
internal interface IEntryMatcher
{
    /// <summary>Compares the keys.</summary>
    bool Matches(int entry);
}

/// <summary>
/// An append-only map from hash to entry (a row, or where a key lies): extendible hashing (Fagin et al., TODS 1979) with open addressing
/// inside a segment. One writer, many readers, no lock.
/// </summary>
/// <remarks>
/// A segment is one array, so that a lookup follows few pointers: word 0 is the writer's (entries and depth), the others, a power of two, are slots.
/// Why readers need no lock. A slot is one 64-bit word (tag and entry + 1) that goes from 0 to its value once, so a reader sees all of
/// it or nothing. A segment that grows is replaced by new ones that hold everything it held; the old one stays intact
/// for readers that still have it, and lacks only entries added later. Entries are added before the snapshot that counts them is published
/// (a release), and a reader takes the snapshot first (an acquire): so every row below its snapshot's count is found
/// in the directory that it then reads, and rows at or above the count are for the caller to ignore.
/// </remarks>
internal sealed class HashIndex
{
    private const int FirstSlots = 8;
    private const int MaxSlots = 1024;

    // Up to here segments split; behind it they grow, to 4,096 slots at 2^31 rows. The directory's list of chunks stays a small object (32 KiB).
    private const int MaxDepth = 20;
    private Directory _directory = new(0, [[NewSegment(FirstSlots, 0)]]);

    /// <summary>Bytes of memory, about.</summary>
    public long Bytes { get; private set; } = FirstSlots * sizeof(ulong);

    /// <summary>The entry with this hash that matches, or −1.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public int Find<TMatcher>(ulong hash, ref TMatcher matcher)
        where TMatcher : struct, IEntryMatcher, allows ref struct
    {
        var tag = (uint)(hash >> 32);
        var segment = Volatile.Read(ref _directory).Find(tag);
        var mask = (uint)segment.Length - 2;
        for (var i = tag & mask; ; i = (i + 1) & mask)
        {
            var slot = Volatile.Read(ref segment[i + 1]);
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

    /// <summary>Asks the processor for the place where an entry is looked for first. A hint, and nothing where the processor cannot be asked.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public unsafe void Prefetch(ulong hash)
    {
        if (Sse.IsSupported)
        {
            var tag = (uint)(hash >> 32);
            var segment = Volatile.Read(ref _directory).Find(tag);
            Sse.Prefetch0(Unsafe.AsPointer(ref segment[(tag & ((uint)segment.Length - 2)) + 1]));
        }
    }

    /// <summary>Adds an entry that is not there yet. The writer only.</summary>
    public void Add(ulong hash, int entry)
    {
        var tag = (uint)(hash >> 32);
        var segment = _directory.Find(tag);
        while (CountOf(segment) >= SlotsOf(segment) - (SlotsOf(segment) / 4))
        {
            Grow(segment, tag);
            segment = _directory.Find(tag);
        }

        AddSlot(segment, ((ulong)tag << 32) | ((uint)entry + 1));
    }

    private void Grow(ulong[] full, uint tag)
    {
        Bytes += SlotsOf(full) * sizeof(ulong);
        var depth = DepthOf(full);
        if (SlotsOf(full) < MaxSlots || depth >= MaxDepth)
        {
            var larger = NewSegment(SlotsOf(full) * 2, depth);
            Distribute(full, larger, larger);
            Replace(tag, depth, larger);
            return;
        }

        if (depth == _directory.Depth)
        {
            Volatile.Write(ref _directory, _directory.Doubled());
        }

        var (zero, one) = (NewSegment(SlotsOf(full), depth + 1), NewSegment(SlotsOf(full), depth + 1));
        Distribute(full, zero, one);
        var bit = 1u << (31 - depth);
        Replace(tag & ~bit, depth + 1, zero);
        Replace(tag | bit, depth + 1, one);
    }

    private void Replace(uint tag, int depth, ulong[] segment)
    {
        var directory = _directory;
        var shift = directory.Depth - depth;
        var first = directory.IndexOf(tag) >> shift << shift;
        for (var i = first; i < first + (1 << shift); i++)
        {
            directory.Set(i, segment);
        }
    }

    private static ulong[] NewSegment(int slots, int depth)
    {
        var segment = new ulong[slots + 1];
        segment[0] = (ulong)depth;
        return segment;
    }

    private static int SlotsOf(ulong[] segment) => segment.Length - 1;

    private static int DepthOf(ulong[] segment) => (int)(segment[0] & byte.MaxValue);

    private static int CountOf(ulong[] segment) => (int)(segment[0] >> 8);

    private static void AddSlot(ulong[] segment, ulong slot)
    {
        var mask = (uint)SlotsOf(segment) - 1;
        var i = (uint)(slot >> 32) & mask;
        while (segment[i + 1] != 0)
        {
            i = (i + 1) & mask;
        }

        Volatile.Write(ref segment[i + 1], slot);
        segment[0] += 1 << 8;
    }

    private static void Distribute(ulong[] full, ulong[] zero, ulong[] one)
    {
        var depth = DepthOf(full);
        foreach (var slot in full.AsSpan(1))
        {
            if (slot != 0)
            {
                AddSlot(((slot >> (63 - depth)) & 1) == 0 ? zero : one, slot);
            }
        }
    }

    /// <summary>2^depth references to segments, by the highest bits of the tag, in chunks that stay small objects.</summary>
    private sealed class Directory(int depth, ulong[][][] chunks)
    {
        private const int ChunkBits = 8;
        private const int ChunkMask = (1 << ChunkBits) - 1;

        public int Depth => depth;

        public int IndexOf(uint tag) => depth == 0 ? 0 : (int)(tag >> (32 - depth));

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public ulong[] Find(uint tag)
        {
            var i = IndexOf(tag);
            return Volatile.Read(ref chunks[i >> ChunkBits][i & ChunkMask]);
        }

        public void Set(int index, ulong[] segment) => Volatile.Write(ref chunks[index >> ChunkBits][index & ChunkMask], segment);

        public Directory Doubled()
        {
            var length = 1 << (depth + 1);
            var doubled = new ulong[Math.Max(1, length >> ChunkBits)][][];
            for (var c = 0; c < doubled.Length; c++)
            {
                doubled[c] = new ulong[Math.Min(length, 1 << ChunkBits)][];
            }

            for (var i = 0; i < length; i++)
            {
                doubled[i >> ChunkBits][i & ChunkMask] = chunks[(i / 2) >> ChunkBits][(i / 2) & ChunkMask];
            }

            return new(depth + 1, doubled);
        }
    }
}
