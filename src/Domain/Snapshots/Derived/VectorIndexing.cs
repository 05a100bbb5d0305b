using Cairn.Columns;
using Cairn.Formats;
using Cairn.Formats.Segments;
using Cairn.Vectors;

namespace Cairn.Snapshots.Derived;

/// <summary>
/// The index of the vectors that a life of a space holds: of each concept the caller's, else the serving remote model's. All that it compares have the components that the
/// settings say, or, where they say nothing, as many as the first that it meets, while one of those is left. Thread-safe.
/// </summary>
internal sealed class VectorIndexing : DerivedIndex<SpaceVectors>
{
    /// <summary>Its number.</summary>
    public const uint SectionArgument = 1;

    private const byte None = 0, LeavesOut = 1, HasVectors = 2;

    public override uint Number => SectionArgument;

    public override RowIndexer<SpaceVectors> NewIndexer(Snapshot snapshot) => new VectorIndexer(snapshot.Settings);

    protected override RowIndexer<SpaceVectors> Open(ReadOnlyMemory<byte> body, IChunkSections chunks, Snapshot snapshot, int rows)
    {
        var reader = new ByteReader(body.Span);
        var flags = reader.Byte();
        return flags > (LeavesOut | HasVectors)
            ? throw Malformed.Because("the state of an index of vectors has bits that mean nothing")
            : new VectorIndexer(
                snapshot.Settings, (flags & HasVectors) == 0 ? null : VectorIndex.Open(StoredVectors.Read(body.Span[1..]), chunks, Number, rows), (flags & LeavesOut) != 0);
    }

    protected override async ValueTask<StoredIndex> StoreAsync(SpaceVectors view, ReadOnlyMemory<byte>? before, IChunkOutput output, CancellationToken cancellationToken)
    {
        var flags = view.LeavesOut ? LeavesOut : None;
        if (view.View is null)
        {
            return new(new[] { flags }, []);
        }

        var known = before is { Length: > 1 } body ? StoredVectors.Read(body.Span[1..]) : null;
        var stored = await StoredVectorsWriter.WriteAsync(view.View, known, Number, output, cancellationToken).ConfigureAwait(false);
        return new((byte[])[(byte)(flags | HasVectors), .. stored.Write()], [.. stored.Sections(Number)]);
    }

    protected override object LineageOf(SpaceVectors view) => view.View?.Lineage ?? this;

    protected override int SizeOf(SpaceVectors view) => view.View?.Count ?? 0;
}

/// <summary>The vectors of a space as of one snapshot. Immutable; any thread.</summary>
/// <param name="View">Null: there is none.</param>
/// <param name="LeavesOut">There are, or were, vectors of other dimensions than those.</param>
internal sealed record SpaceVectors(VectorView? View, bool LeavesOut);

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
