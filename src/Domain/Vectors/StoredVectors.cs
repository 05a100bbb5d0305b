using System.Collections.Immutable;
using System.Numerics;
using Cairn.Formats.Segments;

namespace Cairn.Vectors;

/// <summary>What a checkpoint says of a block beside the vectors in it.</summary>
/// <param name="Cluster">Whose block it is.</param>
/// <param name="Used">Slots that are written, 1 to 64.</param>
/// <param name="Live">A bit for each that is live.</param>
internal readonly record struct StoredBlock(int Cluster, int Used, ulong Live)
{
    /// <summary>The vectors.</summary>
    /// <param name="Codes">Shape [used, row bytes].</param>
    /// <param name="Slots">Shape [used].</param>
    internal sealed record Contents(sbyte[] Codes, VectorSlot[] Slots);
}

/// <summary>
/// The small parts of an index of vectors that a checkpoint holds: all but the vectors, which are chunks of <see cref="Sections"/>. Immutable; any thread.
/// </summary>
/// <param name="Spec">Of the vectors.</param>
/// <param name="Clustering">How they are divided.</param>
/// <param name="Blocks">By number.</param>
internal sealed record StoredVectors(VectorSpec Spec, Clustering Clustering, ImmutableArray<StoredBlock> Blocks)
{
    /// <summary>Blocks whose slots are in one chunk: with whole ones 48 KiB.</summary>
    public const int BlocksPerSlotChunk = 64;

    /// <summary>Vectors.</summary>
    public int Count { get; } = Blocks.Sum(static block => BitOperations.PopCount(block.Live));

    /// <summary>Chunks of slots.</summary>
    public int SlotChunks => (Blocks.Length + BlocksPerSlotChunk - 1) / BlocksPerSlotChunk;

    /// <summary>The sections of the vectors, and how many chunks of each count.</summary>
    /// <param name="index">Tells this index from others.</param>
    public IEnumerable<(SectionId Section, int Chunks)> Sections(uint index) =>
        [(new(SectionKind.Vectors, index), Blocks.Length), (new(SectionKind.VectorSlots, index), SlotChunks)];

    /// <summary>As bytes: docs/formats/checkpoint.md.</summary>
    public byte[] Write() => StoredVectorsCodec.Write(this);

    /// <summary>What <see cref="Write"/> wrote.</summary>
    /// <exception cref="Primitives.CairnException">Corrupt: malformed, or of a later version.</exception>
    public static StoredVectors Read(ReadOnlySpan<byte> bytes) => StoredVectorsCodec.Read(bytes);
}
