namespace Cairn.Vectors;

/// <summary>Where the vector of a row is in int8.</summary>
/// <param name="Row">The concept's row.</param>
/// <param name="Block">Null: it has none.</param>
/// <param name="Slot">Of the block.</param>
internal readonly record struct VectorPlace(int Row, VectorBlock? Block, int Slot)
{
    /// <summary>The vector.</summary>
    public ReadOnlySpan<sbyte> Codes => Block!.Codes(Slot);

    /// <summary>What belongs to it.</summary>
    public ref readonly VectorSlot Value => ref Block![Slot];
}
