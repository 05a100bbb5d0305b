using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics.X86;

namespace Cairn.Indexes;

/// <summary>
/// Out and in neighbours per concept row: chains of blocks, newest first, each entry an association's row and the row at its
/// other end. Append-only; one writer, many readers, no lock. Adding costs the same for a hub as for a leaf.
/// </summary>
/// <remarks>
/// A block is 4 to 128 words of 64 bits. The low half of the first links to the block before it and never changes, its high half, the writer's,
/// counts entries; each other word is an entry, (other end, association + 1), or 0 while it is free. Entries go from 0 to their value
/// once; a new block is filled before its link is stored in the head (a release).
/// A reader may so meet associations that its snapshot does not count yet, and ignores them; those that it counts
/// were stored before the snapshot was published. Dead associations keep their entry: the alive flag of a snapshot's
/// association table decides.
/// </remarks>
/// <param name="stored">The entries of a checkpoint, which come after all others; null: none.</param>
internal sealed class Adjacency(StoredAdjacency? stored = null)
{
    private const int HeadsPerChunk = 4 * 1024;
    private const int UnitsPerSlab = 2 * 1024;
    private const int WordsPerUnit = 4;
    private const int SizeBits = 3;
    private const int MaxSize = 5;
    private readonly StoredAdjacency? _stored = stored;
    private static readonly int[] NoHeads = new int[HeadsPerChunk];
    private int[][] _heads = [];
    private ulong[][] _slabs = [];
    private int _nextUnit;
    private long _bytes;

    /// <summary>Bytes of memory, about.</summary>
    public long Bytes => _bytes + (_stored?.Bytes ?? 0);

    /// <summary>Makes room for a concept row and all below it. The writer only.</summary>
    public void EnsureRow(int row)
    {
        var before = _heads.Length;
        var needed = (int)((row * 2L / HeadsPerChunk) + 1);
        if (needed > before)
        {
            int[][] longer = [.. _heads, .. new int[needed - before][]];
            longer.AsSpan(before).Fill(NoHeads);
            Volatile.Write(ref _heads, longer);
        }
    }

    /// <summary>Adds an association to both of its ends, for which there must be room. The writer only.</summary>
    public void Add(int association, int source, int target)
    {
        AddEntry(ref Head(source, outgoing: true), ((ulong)(uint)target << 32) | (uint)(association + 1));
        AddEntry(ref Head(target, outgoing: false), ((ulong)(uint)source << 32) | (uint)(association + 1));
    }

    /// <summary>The entries of a row in one direction.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public Chain Entries(int row, bool outgoing)
    {
        var at = (row * 2) + (outgoing ? 0 : 1);
        return new(this, HeadOf(at), _stored is null ? default : _stored.List(at));
    }

    /// <summary>The blocks of a row in one direction, for loops that read entries in place. A later snapshot's entries are among them.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public BlockWalk Blocks(int row, bool outgoing)
    {
        var at = (row * 2) + (outgoing ? 0 : 1);
        var head = HeadOf(at);

        // Read after the head: whatever the head leads to was allocated before it was stored, so its slab is in this list.
        return new(Volatile.Read(ref _slabs), head, _stored, _stored is null ? default : _stored.List(at));
    }

    /// <summary>About how many entries a row has in one direction: exact to a factor of two below 256, at most 256 beyond.</summary>
    public int EstimateDegree(int row, bool outgoing)
    {
        var at = (row * 2) + (outgoing ? 0 : 1);
        var head = HeadOf(at);
        var added = head == 0 ? 0 : WordsPerUnit << ((head & ((1 << SizeBits) - 1)) + 1);
        return _stored is null ? added : Math.Min(WordsPerUnit << (MaxSize + 1), added + _stored.EstimateLength(at));
    }

    /// <summary>
    /// Asks the processor for the newest blocks of some rows, before they are walked one by one: far from its caches each row costs two
    /// waits in a row otherwise, one for its heads and one for the blocks. A hint, and nothing where the processor cannot be asked.
    /// </summary>
    public unsafe void Prefetch(ReadOnlySpan<int> rows)
    {
        if (!Sse.IsSupported)
        {
            return;
        }

        var heads = Volatile.Read(ref _heads);
        foreach (var row in rows)
        {
            Sse.Prefetch0(Unsafe.AsPointer(ref heads[row * 2 / HeadsPerChunk][row * 2 % HeadsPerChunk]));
        }

        foreach (var row in rows)
        {
            ref var head = ref heads[row * 2 / HeadsPerChunk][row * 2 % HeadsPerChunk];
            PrefetchBlock(Volatile.Read(ref head));
            PrefetchBlock(Volatile.Read(ref Unsafe.Add(ref head, 1)));
        }
    }

    private unsafe void PrefetchBlock(int block)
    {
        if (block != 0)
        {
            var unit = (uint)block >> SizeBits;
            Sse.Prefetch0(Unsafe.AsPointer(ref Volatile.Read(ref _slabs)[unit / UnitsPerSlab][unit % UnitsPerSlab * WordsPerUnit]));
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private int HeadOf(int at)
    {
        var heads = Volatile.Read(ref _heads);
        var chunk = at / HeadsPerChunk;
        return chunk < heads.Length ? Volatile.Read(ref heads[chunk][at % HeadsPerChunk]) : 0;
    }

    private ref int Head(int row, bool outgoing)
    {
        // All chunks of heads begin as one that stays empty: rows of a checkpoint to which nothing is added take no memory.
        var at = (row * 2) + (outgoing ? 0 : 1);
        ref var chunk = ref _heads[at / HeadsPerChunk];
        if (ReferenceEquals(chunk, NoHeads))
        {
            Volatile.Write(ref chunk, new int[HeadsPerChunk]);
            _bytes += HeadsPerChunk * sizeof(int);
        }

        return ref chunk[at % HeadsPerChunk];
    }

    private void AddEntry(ref int head, ulong entry)
    {
        if (head != 0)
        {
            var words = Block(head);
            var used = (int)(words[0] >> 32);
            if (used + 1 < words.Length)
            {
                Volatile.Write(ref words[used + 1], entry);
                words[0] += 1UL << 32;
                return;
            }
        }

        var block = Allocate(head == 0 ? 0 : Math.Min(MaxSize, (head & ((1 << SizeBits) - 1)) + 1));
        var fresh = Block(block);
        fresh[0] = (1UL << 32) | (uint)head;
        fresh[1] = entry;
        Volatile.Write(ref head, block);
    }

    private int Allocate(int size)
    {
        var units = 1 << size;
        if ((_nextUnit % UnitsPerSlab) + units > UnitsPerSlab || _nextUnit / UnitsPerSlab >= _slabs.Length)
        {
            // Unit 0 is not used, because a link of 0 ends a chain.
            _nextUnit = Math.Max(1, _slabs.Length * UnitsPerSlab);
            Volatile.Write(ref _slabs, [.. _slabs, new ulong[UnitsPerSlab * WordsPerUnit]]);
            _bytes += UnitsPerSlab * WordsPerUnit * sizeof(ulong);
        }

        var block = checked(_nextUnit * (1 << SizeBits)) | size;
        _nextUnit += units;
        return block;
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static ReadOnlySpan<ulong> TakeStored(StoredAdjacency stored, StoredList list, out StoredList rest)
    {
        var entries = stored.Take(ref list);
        rest = list;
        return entries;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private Span<ulong> Block(int block)
    {
        var unit = (uint)block >> SizeBits;
        var slab = Volatile.Read(ref _slabs)[unit / UnitsPerSlab];
        return slab.AsSpan((int)(unit % UnitsPerSlab) * WordsPerUnit, WordsPerUnit << (block & ((1 << SizeBits) - 1)));
    }

    /// <summary>One chain of entries, newest block first, those of the checkpoint last. No allocation.</summary>
    internal ref struct Chain
    {
        private readonly Adjacency _adjacency;
        private ReadOnlySpan<ulong> _words;
        private StoredList _stored;
        private int _next;
        private int _at;

        internal Chain(Adjacency adjacency, int head, StoredList stored) => (_adjacency, _next, _stored) = (adjacency, head, stored);

        /// <summary>The association's row.</summary>
        public int Association { get; private set; }

        /// <summary>The row at its other end.</summary>
        public int Other { get; private set; }

        /// <summary>Goes to the next entry below <paramref name="associationRows"/>.</summary>
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public bool MoveNext(int associationRows)
        {
            while (true)
            {
                while (_at < _words.Length)
                {
                    var word = _words[_at++];
                    var association = (int)(uint)word - 1;
                    if ((uint)association < (uint)associationRows)
                    {
                        (Association, Other) = (association, (int)(word >> 32));
                        return true;
                    }
                }

                if (_next == 0)
                {
                    if (_stored.IsEmpty)
                    {
                        return false;
                    }

                    // Nothing here takes the address of the walk, so that its fields stay in registers.
                    _words = TakeStored(_adjacency._stored!, _stored, out var rest);
                    (_stored, _at) = (rest, 0);
                    continue;
                }

                _words = _adjacency.Block(_next);
                _next = (int)_words[0];
                _at = 1;
            }
        }
    }

    /// <summary>The blocks of one chain, newest first, those of the checkpoint last. No allocation.</summary>
    internal ref struct BlockWalk
    {
        private readonly ulong[][] _slabs;
        private readonly StoredAdjacency? _stored;
        private StoredList _list;
        private int _next;

        internal BlockWalk(ulong[][] slabs, int head, StoredAdjacency? stored, StoredList list) =>
            (_slabs, _next, _stored, _list) = (slabs, head, stored, list);

        /// <summary>Goes on at a place.</summary>
        public BlockWalk(scoped in BlockPlace place) => (_slabs, _next, _stored, _list) = (place.Slabs, place.Next, place.Stored, place.List);

        /// <summary>Where it stands: what the next block is.</summary>
        public readonly BlockPlace Place => new(_slabs, _next, _stored, _list);

        /// <summary>Entries, to be taken apart by <see cref="AssociationOf"/> and <see cref="OtherOf"/>.</summary>
        public ReadOnlySpan<ulong> Entries { get; private set; }

        /// <summary>The association's row, −1 if the entry is free. The caller skips what is not below its snapshot's count, as unsigned.</summary>
        public static int AssociationOf(ulong entry) => (int)(uint)entry - 1;

        /// <summary>The row at the other end.</summary>
        public static int OtherOf(ulong entry) => (int)(entry >> 32);

        /// <summary>Goes to the next block.</summary>
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public bool MoveNext()
        {
            if (_next == 0)
            {
                if (_list.IsEmpty)
                {
                    return false;
                }

                Entries = TakeStored(_stored!, _list, out var rest);
                _list = rest;
                return true;
            }

            var unit = (uint)_next >> SizeBits;
            var first = (int)(unit % UnitsPerSlab) * WordsPerUnit;
            var words = _slabs[unit / UnitsPerSlab].AsSpan(first, WordsPerUnit << (_next & ((1 << SizeBits) - 1)));
            _next = (int)words[0];
            Entries = words[1..];
            return true;
        }
    }

    /// <summary>A place in a chain of blocks, for a walk that is to go on later. Default: the end of every chain.</summary>
    internal readonly record struct BlockPlace(ulong[][] Slabs, int Next, StoredAdjacency? Stored, StoredList List);
}
