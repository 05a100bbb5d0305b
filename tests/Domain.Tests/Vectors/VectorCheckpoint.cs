using Cairn.Vectors;

namespace Cairn.Domain.Tests.Vectors;

/// <summary>What the last checkpoint has, as whoever writes them sees to it.</summary>
internal sealed class VectorCheckpoint(uint index, ClusterCounts counts)
{
    private object? _lineage;

    public StoredVectors? Stored { get; private set; }

    public VectorChunksInMemory Chunks { get; private set; } = new();

    public void Store(VectorView view)
    {
        var before = ReferenceEquals(_lineage, view.Lineage) ? Stored : null;
        (Chunks, _lineage) = (Chunks.Clone(), view.Lineage);
        Stored = StoredVectorsWriter.WriteAsync(view, before, index, Chunks, CancellationToken.None).AsTask().GetAwaiter().GetResult();
    }

    public VectorIndex Open(int rows = int.MaxValue)
    {
        var opened = Peek(rows);
        _lineage = opened.Publish().Lineage;
        return opened;
    }

    /// <summary>As <see cref="Open"/>, where the index that was stored goes on.</summary>
    public VectorIndex Peek(int rows = int.MaxValue)
    {
        Chunks = Chunks.Clone();
        return VectorIndex.Open(StoredVectors.Read(Stored!.Write()), Chunks, index, rows, counts);
    }
}
