using Cairn.Snapshots;
using Cairn.Snapshots.Derived;
using Cairn.Vectors;

namespace Cairn.Query.Search;

/// <summary>
/// The index of the vectors that a life of a space holds: of each concept the caller's, else the serving remote model's. All that it compares have the components that the
/// settings say, or, where they say nothing, as many as the first that it meets, while one of those is left. Thread-safe.
/// </summary>
internal sealed class VectorIndexing : DerivedIndex<SpaceVectors>
{
    public override DerivedIndex In(SharedIndexes other) => other.Derived<VectorIndexing>();

    public override RowIndexer<SpaceVectors> NewIndexer(Snapshot snapshot) => new VectorIndexer(snapshot.Settings);
}

/// <summary>The vectors of a space as of one snapshot. Immutable; any thread.</summary>
/// <param name="View">Null: there is none.</param>
internal sealed record SpaceVectors(VectorView? View);

/// <summary>Where the vectors of a space's concepts are, as of one snapshot.</summary>
internal readonly struct ConceptVectors(Snapshot snapshot) : IVectorSource
{
    private readonly ulong _model = snapshot.ServingModel;

    public ReadOnlySpan<byte> Read(int row) => Of(snapshot.Concept(row), _model);

    /// <summary>The vector that a concept is found by, as float32s, little-endian; empty: it has none.</summary>
    /// <param name="concept">The concept.</param>
    /// <param name="model">From <see cref="Snapshot.ServingModel"/>.</param>
    public static ReadOnlySpan<byte> Of(ConceptView concept, ulong model) =>
        concept.GivenVector is { IsEmpty: false } given ? given : model != 0 ? concept.Embedding(model) : default;
}
