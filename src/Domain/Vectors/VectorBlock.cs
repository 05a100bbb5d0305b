using System.Numerics;
using System.Runtime.CompilerServices;

namespace Cairn.Vectors;

/// <summary>What belongs to one vector in int8.</summary>
/// <param name="Row">The concept's row.</param>
/// <param name="Scale">What one step of its codes is worth.</param>
/// <param name="Offset">What is taken off its dot product to rank it: half its squared length for L2, else 0.</param>
internal readonly record struct VectorSlot(int Row, float Scale, float Offset);

/// <summary>
/// Up to 64 vectors in int8 that belong to one cluster. A slot is written once, before a version that has it is published; after that any thread reads it.
/// One of a checkpoint is empty until somebody reads it; its parts go from empty to what is stored once, so that those who load them at the same time end with the same arrays.
/// Nothing is added to it: that takes a copy with more room.
/// </summary>
internal sealed class VectorBlock
{
    /// <summary>Slots of a block at most, and numbers that each takes: the live ones of a block are one word of bits.</summary>
    public const int Slots = 64;

    // Larger arrays are large objects to the garbage collector.
    private const int MaxBytes = 80 * 1024;

    // Of itself and the two arrays, without what is in them.
    private const int SmallBytes = 128;
    private readonly VectorSpec _spec;
    private readonly int _rowBytes;
    private readonly StoredBlocks? _stored;
    private sbyte[]? _codes;
    private VectorSlot[]? _slots;
    private VectorSketches? _sketches;
    private int _used;

    /// <param name="number">Of the block; slot i of it has the number block × 64 + i in its index.</param>
    /// <param name="cluster">Whose block it is.</param>
    /// <param name="capacity">Slots that it has room for.</param>
    /// <param name="spec">Of the vectors.</param>
    public VectorBlock(int number, int cluster, int capacity, VectorSpec spec)
        : this(number, cluster, capacity, spec, spec.IsSketched ? new(spec.RowBytes) : null)
    {
    }

    private VectorBlock(int number, int cluster, int capacity, VectorSpec spec, VectorSketches? sketches)
    {
        (Number, Cluster, Capacity, _spec, _rowBytes) = (number, cluster, capacity, spec, spec.RowBytes);
        (_codes, _slots, _sketches) = (new sbyte[capacity * _rowBytes], new VectorSlot[capacity], sketches);
    }

    /// <param name="number">Of the block.</param>
    /// <param name="block">What a checkpoint says of it. It has room for what is in it.</param>
    /// <param name="stored">Where the rest is loaded from.</param>
    public VectorBlock(int number, StoredBlock block, StoredBlocks stored)
    {
        (Number, Cluster, Capacity, _spec, _rowBytes) = (number, block.Cluster, block.Used, stored.Spec, stored.Spec.RowBytes);
        (_used, _stored) = (block.Used, stored);
    }

    /// <summary>Of the block.</summary>
    public int Number { get; }

    /// <summary>Whose block it is.</summary>
    public int Cluster { get; }

    /// <summary>Slots that it has room for.</summary>
    public int Capacity { get; }

    /// <summary>Slots that are written, perhaps more than a version has. Any thread.</summary>
    public int Used => Volatile.Read(ref _used);

    /// <summary>Bytes of memory, about.</summary>
    public int Bytes => SmallBytes + (_codes?.Length ?? 0) + SlotBytes(_slots?.Length ?? 0) + (_sketches is null ? 0 : VectorSketches.BytesOf(_rowBytes));

    /// <summary>Slots of a whole block of vectors of so many bytes: a power of two.</summary>
    public static int WholeCapacity(int rowBytes) => Math.Min(Slots, (int)(BitOperations.RoundUpToPowerOf2((uint)(MaxBytes / rowBytes) + 1) / 2));

    /// <summary>Bytes of memory that so many slots take.</summary>
    public static int SlotBytes(int count) => count * 3 * sizeof(int);

    /// <summary>What belongs to a vector.</summary>
    /// <exception cref="Primitives.CairnException">Corrupt, Unavailable: it has to be loaded, and cannot.</exception>
    public ref readonly VectorSlot this[int slot] => ref (_slots ?? LoadSlots())[slot];

    /// <summary>The vector of a slot.</summary>
    public ReadOnlySpan<sbyte> Codes(int slot) => Codes(slot, 1);

    /// <summary>The vectors of some slots. Shape [count, row bytes].</summary>
    /// <exception cref="Primitives.CairnException">Corrupt, Unavailable: they have to be loaded, and cannot.</exception>
    public ReadOnlySpan<sbyte> Codes(int slot, int count) => (_codes ?? LoadCodes()).AsSpan(slot * _rowBytes, count * _rowBytes);

    /// <summary>The vectors of the first slots; if they have to be loaded, they are not kept. Shape [count, row bytes].</summary>
    public ReadOnlySpan<sbyte> CodesOnce(int count) => (_codes ?? _stored!.Load(Number).Codes).AsSpan(0, count * _rowBytes);

    /// <summary>What belongs to the vectors of the first slots.</summary>
    public ReadOnlySpan<VectorSlot> Values(int count) => (_slots ?? LoadSlots()).AsSpan(0, count);

    /// <summary>Sketches of the vectors; the index has them (<see cref="VectorSpec.IsSketched"/>). Of a stored block they are made when they are first asked for.</summary>
    /// <exception cref="Primitives.CairnException">Corrupt, Unavailable: codes have to be loaded, and cannot.</exception>
    public VectorSketches Sketches => _sketches ?? MakeSketches();

    /// <summary>Writes the next slot, for which there is room, and answers which it is. The writer only.</summary>
    public int Append(in VectorSlot value, ReadOnlySpan<sbyte> codes)
    {
        var slot = _used;
        codes.CopyTo(_codes.AsSpan(slot * _rowBytes, _rowBytes));
        _slots![slot] = value;
        _sketches?.Write(slot, codes, value.Scale);
        Volatile.Write(ref _used, slot + 1);
        return slot;
    }

    /// <summary>A copy with more room. The writer only.</summary>
    public VectorBlock Enlarge(int toCapacity)
    {
        var larger = new VectorBlock(Number, Cluster, toCapacity, _spec, _spec.IsSketched ? Sketches : null);
        CodesOnce(_used).CopyTo(larger._codes);
        Values(_used).CopyTo(larger._slots);
        larger._used = _used;
        return larger;
    }

    // What belongs to the vectors comes with them: a search needs both.
    [MethodImpl(MethodImplOptions.NoInlining)]
    private sbyte[] LoadCodes()
    {
        var loaded = _stored!.Load(Number);
        Keep(loaded.Slots);
        if (Interlocked.CompareExchange(ref _codes, loaded.Codes, null) is { } others)
        {
            return others;
        }

        _stored.Count(loaded.Codes.Length);
        return loaded.Codes;
    }

    // All slots have room in it from the start, so that a larger copy of the block goes on with it.
    [MethodImpl(MethodImplOptions.NoInlining)]
    private VectorSketches MakeSketches()
    {
        var made = new VectorSketches(_rowBytes);
        for (var slot = 0; slot < _used; slot++)
        {
            made.Write(slot, Codes(slot), this[slot].Scale);
        }

        if (Interlocked.CompareExchange(ref _sketches, made, null) is { } others)
        {
            return others;
        }

        _stored!.Count(VectorSketches.BytesOf(_rowBytes));
        return made;
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private VectorSlot[] LoadSlots() => Keep(_stored!.Slots(Number));

    private VectorSlot[] Keep(VectorSlot[] loaded)
    {
        if (Interlocked.CompareExchange(ref _slots, loaded, null) is { } others)
        {
            return others;
        }

        _stored!.Count(SlotBytes(loaded.Length));
        return loaded;
    }
}
