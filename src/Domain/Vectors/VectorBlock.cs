using System.Numerics;

namespace Cairn.Vectors;

/// <summary>What belongs to one vector in int8.</summary>
/// <param name="Row">The concept's row.</param>
/// <param name="Scale">What one step of its codes is worth.</param>
/// <param name="Offset">What is taken off its dot product to rank it: half its squared length for L2, else 0.</param>
internal readonly record struct VectorSlot(int Row, float Scale, float Offset);

/// <summary>
/// Up to 64 vectors in int8 that belong to one cluster. A slot is written once, before a version that has it is published; after that any thread reads it.
/// </summary>
/// <param name="number">Of the block; slot i of it has the number block × 64 + i in its index.</param>
/// <param name="cluster">Whose block it is.</param>
/// <param name="capacity">Slots that it has room for.</param>
/// <param name="rowBytes">Bytes of a vector.</param>
internal sealed class VectorBlock(int number, int cluster, int capacity, int rowBytes)
{
    /// <summary>Slots of a block at most, and numbers that each takes: the live ones of a block are one word of bits.</summary>
    public const int Slots = 64;

    // Larger arrays are large objects to the garbage collector.
    private const int MaxBytes = 80 * 1024;
    private readonly sbyte[] _codes = new sbyte[capacity * rowBytes];
    private readonly VectorSlot[] _slots = new VectorSlot[capacity];

    /// <summary>Of the block.</summary>
    public int Number => number;

    /// <summary>Whose block it is.</summary>
    public int Cluster => cluster;

    /// <summary>Slots that it has room for.</summary>
    public int Capacity => _slots.Length;

    /// <summary>Bytes of memory, about.</summary>
    public int Bytes => _codes.Length + (_slots.Length * 3 * sizeof(int)) + 96;

    /// <summary>Slots of a whole block of vectors of so many bytes: a power of two.</summary>
    public static int WholeCapacity(int rowBytes) => Math.Min(Slots, (int)(BitOperations.RoundUpToPowerOf2((uint)(MaxBytes / rowBytes) + 1) / 2));

    /// <summary>What belongs to a vector.</summary>
    public ref readonly VectorSlot this[int slot] => ref _slots[slot];

    /// <summary>The vector of a slot.</summary>
    public ReadOnlySpan<sbyte> Codes(int slot) => Codes(slot, 1);

    /// <summary>The vectors of some slots. Shape [count, row bytes].</summary>
    public ReadOnlySpan<sbyte> Codes(int slot, int count) => _codes.AsSpan(slot * rowBytes, count * rowBytes);

    /// <summary>Writes a slot. The writer only.</summary>
    public void Write(int slot, in VectorSlot value, ReadOnlySpan<sbyte> codes)
    {
        codes.CopyTo(_codes.AsSpan(slot * rowBytes, rowBytes));
        _slots[slot] = value;
    }

    /// <summary>A copy with more room.</summary>
    public VectorBlock Enlarge(int toCapacity)
    {
        var larger = new VectorBlock(number, cluster, toCapacity, rowBytes);
        _codes.CopyTo(larger._codes, 0);
        _slots.CopyTo(larger._slots, 0);
        return larger;
    }
}
