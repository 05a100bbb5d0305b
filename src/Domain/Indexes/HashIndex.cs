using System.Runtime.CompilerServices;

namespace Cairn.Indexes;

/// <summary>Tells whether a row found by hash is the one that is looked for.</summary>
internal interface IRowMatcher
{
    /// <summary>Compares the keys.</summary>
    bool Matches(int row);
}

/// <summary>
/// An append-only map from hash to row: extendible hashing (Fagin et al., TODS 1979) with open addressing inside a segment.
/// One writer, many readers, no lock.
/// </summary>
/// <remarks>
/// Why readers need no lock. A slot is one 64-bit word (tag and row + 1) that goes from 0 to its value once, so a reader sees all of
/// it or nothing. A segment that grows is replaced by new ones that hold everything it held; the old one stays intact
/// for readers that still have it, and lacks only rows added later. Rows are added before the snapshot that counts them is published
/// (a release), and a reader takes the snapshot first (an acquire): so every row below its snapshot's count is found
/// in the directory that it then reads, and rows at or above the count are for the caller to ignore.
/// </remarks>
internal sealed class HashIndex
{
    private const int FirstSlots = 8;
    private const int MaxSlots = 1024;
    private const int MaxDepth = 24;
    private const int ChunkBits = 8;
    private Directory _directory = new(0, [[new Segment(FirstSlots, 0)]]);

    /// <summary>Bytes of memory, about.</summary>
    public long Bytes { get; private set; } = FirstSlots * sizeof(ulong);

    /// <summary>The row with this hash that matches, or −1.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public int Find<TMatcher>(ulong hash, ref TMatcher matcher)
        where TMatcher : struct, IRowMatcher, allows ref struct
    {
        var tag = (uint)(hash >> 32);
        var slots = Volatile.Read(ref _directory).Find(tag).Slots;
        var mask = slots.Length - 1;
        for (var i = (int)tag & mask; ; i = (i + 1) & mask)
        {
            var slot = Volatile.Read(ref slots[i]);
            if (slot == 0)
            {
                return -1;
            }

            if ((uint)(slot >> 32) == tag && matcher.Matches((int)(uint)slot - 1))
            {
                return (int)(uint)slot - 1;
            }
        }
    }

    /// <summary>Adds a row that is not there yet. The writer only.</summary>
    public void Add(ulong hash, int row)
    {
        var tag = (uint)(hash >> 32);
        var segment = _directory.Find(tag);
        while (segment.Count >= segment.Slots.Length - (segment.Slots.Length / 4))
        {
            Grow(segment, tag);
            segment = _directory.Find(tag);
        }

        segment.Add(((ulong)tag << 32) | (uint)(row + 1));
    }

    private void Grow(Segment full, uint tag)
    {
        Bytes += full.Slots.Length * sizeof(ulong);
        if (full.Slots.Length < MaxSlots || full.Depth >= MaxDepth)
        {
            Replace(tag, full.Depth, full.CopyTo(new(full.Slots.Length * 2, full.Depth)));
            return;
        }

        if (full.Depth == _directory.Depth)
        {
            Volatile.Write(ref _directory, _directory.Doubled());
        }

        var (zero, one) = full.Split();
        var bit = 1u << (31 - full.Depth);
        Replace(tag & ~bit, full.Depth + 1, zero);
        Replace(tag | bit, full.Depth + 1, one);
    }

    private void Replace(uint tag, int depth, Segment segment)
    {
        var directory = _directory;
        var shift = directory.Depth - depth;
        var first = directory.Depth == 0 ? 0 : (int)(tag >> (32 - directory.Depth)) >> shift << shift;
        for (var i = first; i < first + (1 << shift); i++)
        {
            Volatile.Write(ref directory.Chunks[i >> ChunkBits][i & ((1 << ChunkBits) - 1)], segment);
        }
    }

    private sealed class Segment(int slots, int depth)
    {
        public readonly ulong[] Slots = new ulong[slots];
        public readonly int Depth = depth;
        public int Count;

        public void Add(ulong slot)
        {
            var mask = Slots.Length - 1;
            var i = (int)(slot >> 32) & mask;
            while (Slots[i] != 0)
            {
                i = (i + 1) & mask;
            }

            Volatile.Write(ref Slots[i], slot);
            Count++;
        }

        public Segment CopyTo(Segment larger)
        {
            foreach (var slot in Slots)
            {
                if (slot != 0)
                {
                    larger.Add(slot);
                }
            }

            return larger;
        }

        public (Segment Zero, Segment One) Split()
        {
            var halves = (Zero: new Segment(Slots.Length, Depth + 1), One: new Segment(Slots.Length, Depth + 1));
            foreach (var slot in Slots)
            {
                if (slot != 0)
                {
                    (((slot >> (63 - Depth)) & 1) == 0 ? halves.Zero : halves.One).Add(slot);
                }
            }

            return halves;
        }
    }

    /// <summary>2^depth references to segments, by the highest bits of the tag, in chunks that stay small objects.</summary>
    private sealed class Directory(int depth, Segment[][] chunks)
    {
        public readonly int Depth = depth;
        public readonly Segment[][] Chunks = chunks;

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public Segment Find(uint tag)
        {
            var i = Depth == 0 ? 0 : (int)(tag >> (32 - Depth));
            return Volatile.Read(ref Chunks[i >> ChunkBits][i & ((1 << ChunkBits) - 1)]);
        }

        public Directory Doubled()
        {
            var length = 1 << (Depth + 1);
            var chunks = new Segment[Math.Max(1, length >> ChunkBits)][];
            for (var c = 0; c < chunks.Length; c++)
            {
                chunks[c] = new Segment[Math.Min(length, 1 << ChunkBits)];
            }

            for (var i = 0; i < length; i++)
            {
                chunks[i >> ChunkBits][i & ((1 << ChunkBits) - 1)] = Chunks[(i / 2) >> ChunkBits][(i / 2) & ((1 << ChunkBits) - 1)];
            }

            return new(Depth + 1, chunks);
        }
    }
}
