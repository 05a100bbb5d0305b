using System.Buffers.Binary;

namespace Cairn.Text;

/// <summary>
/// Memory for chains of blocks of bytes, oldest first. Append-only; one writer, many readers, no lock.
/// Invariants: a block's first byte holds its size and whether another follows, the next four which; behind them are entries, each of which begins with a byte that is not 0.
/// </summary>
/// <remarks>
/// Why readers need no lock. The first byte of an entry is stored last (a release), so a reader finds a whole entry or 0, where the block ends for it. A block gets its first
/// entry before the one before it is told of it (a release). A reader that finds the end of a block and then, stored meanwhile, its successor, may leave entries out; but those
/// were all added later than its snapshot, and the first entry of the successor, which tells its document by itself, is later still.
/// </remarks>
internal sealed class PostingBlocks
{
    /// <summary>Bytes of a block before its entries.</summary>
    public const int HeaderBytes = 1 + sizeof(uint);

    /// <summary>Bytes of the smallest block.</summary>
    public const int UnitBytes = 16;

    /// <summary>The largest block has this size: 16 · 2^8 = 4,096 bytes.</summary>
    public const int MaxSize = 8;

    private const byte HasNext = 0x80;
    private const int SlabBytes = 64 * 1024;
    private const int FirstSlabBytes = 1024;
    private const int UnitsPerSlab = SlabBytes / UnitBytes;
    private byte[][] _slabs = [new byte[FirstSlabBytes]];
    private int _slabCount = 1;

    // Unit 0 is not used, so that 0 can stand for no block.
    private uint _nextUnit = 1;

    /// <summary>Bytes of memory.</summary>
    public long Bytes => ((_slabCount - 1L) * SlabBytes) + _slabs[_slabCount - 1].Length;

    /// <summary>Makes an empty block of 16 · 2^size bytes. The writer only.</summary>
    public uint Allocate(int size)
    {
        var units = 1u << size;
        if ((_nextUnit % UnitsPerSlab) + units > UnitsPerSlab || _nextUnit / UnitsPerSlab >= _slabCount)
        {
            AddSlab();
        }

        var block = _nextUnit;
        _nextUnit += units;
        GrowFirstSlab((int)Math.Min(_nextUnit * (ulong)UnitBytes, SlabBytes));
        var slab = Slab(block, out var at);
        slab[at] = (byte)size;
        return block;
    }

    /// <summary>The bytes that a block lies in, and where it begins in them.</summary>
    public byte[] Slab(uint block, out int at)
    {
        at = (int)(block % UnitsPerSlab) * UnitBytes;
        return Volatile.Read(ref Volatile.Read(ref _slabs)[block / UnitsPerSlab]);
    }

    /// <summary>Where a block ends that begins at a place of a slab.</summary>
    public static int EndOf(byte[] slab, int at) => at + (UnitBytes << (slab[at] & ~HasNext));

    /// <summary>The block that follows one, or 0.</summary>
    public static uint NextOf(byte[] slab, int at) =>
        (Volatile.Read(ref slab[at]) & HasNext) == 0 ? 0 : BinaryPrimitives.ReadUInt32LittleEndian(slab.AsSpan(at + 1));

    /// <summary>Tells a block which one follows it, which has its first entry already. The writer only.</summary>
    public void Link(uint block, uint next)
    {
        var slab = Slab(block, out var at);
        BinaryPrimitives.WriteUInt32LittleEndian(slab.AsSpan(at + 1), next);
        Volatile.Write(ref slab[at], (byte)(slab[at] | HasNext));
    }

    /// <summary>Writes an entry at a place of a block that is free. The writer only.</summary>
    /// <param name="block">The block.</param>
    /// <param name="offset">Where in it, in bytes.</param>
    /// <param name="head">The first bytes; the very first is not 0.</param>
    /// <param name="rest">The others.</param>
    public void Write(uint block, int offset, ReadOnlySpan<byte> head, ReadOnlySpan<byte> rest)
    {
        var slab = Slab(block, out var at);
        var entry = slab.AsSpan(at + offset, head.Length + rest.Length);
        head[1..].CopyTo(entry[1..]);
        rest.CopyTo(entry[head.Length..]);
        Volatile.Write(ref slab[at + offset], head[0]);
    }

    private void AddSlab()
    {
        GrowFirstSlab(SlabBytes);
        if (_slabCount == _slabs.Length)
        {
            var longer = new byte[_slabs.Length * 2][];
            _slabs.CopyTo(longer, 0);
            Volatile.Write(ref _slabs, longer);
        }

        Volatile.Write(ref _slabs[_slabCount], new byte[SlabBytes]);
        _nextUnit = (uint)_slabCount * UnitsPerSlab;
        _slabCount++;
    }

    // Spaces with little text take little. Who reads the smaller copy took it after its snapshot, so that it holds what that counts.
    private void GrowFirstSlab(int neededBytes)
    {
        if (_slabCount > 1 || neededBytes <= _slabs[0].Length)
        {
            return;
        }

        var length = _slabs[0].Length;
        while (length < neededBytes)
        {
            length *= 2;
        }

        var larger = new byte[length];
        _slabs[0].CopyTo(larger, 0);
        Volatile.Write(ref _slabs[0], larger);
    }
}
