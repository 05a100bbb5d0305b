using System.Buffers.Binary;
using Cairn.Columns;
using Cairn.Embeddings;
using Cairn.Formats;
using Cairn.Formats.Segments;
using Cairn.Model;
using Cairn.Vectors;

namespace Cairn.Snapshots.Derived;

/// <summary>
/// The index of the vectors that the built-in model makes of a life of a space, in int8 alone: the texts are what they can be made of again. Thread-safe.
/// </summary>
internal sealed class HashedIndexing : DerivedIndex<VectorView>
{
    /// <summary>Its number.</summary>
    public const uint SectionArgument = 2;

    private static readonly ulong Model = EmbeddingsBody.KeyOf(HashingModel.Name);

    public override uint Number => SectionArgument;

    /// <summary>Making a vector takes longer than a write may wait for: readers catch up.</summary>
    protected override bool FollowsWrites => false;

    public override RowIndexer<VectorView> NewIndexer(Snapshot snapshot) =>
        new HashedIndexer(snapshot.Settings.Language, snapshot.Settings.TextAttributes, new(HashedIndexer.Spec));

    protected override RowIndexer<VectorView> Open(ReadOnlyMemory<byte> body, IChunkSections chunks, Snapshot snapshot, int rows)
    {
        var reader = new ByteReader(body.Span);
        var model = reader.UInt64();
        var stored = StoredVectors.Read(reader.Take(reader.Left));
        return model == Model && stored.Spec == HashedIndexer.Spec
            ? new HashedIndexer(snapshot.Settings.Language, snapshot.Settings.TextAttributes, VectorIndex.Open(stored, chunks, Number, rows))
            : throw Malformed.Because("the vectors are not the built-in model's");
    }

    protected override async ValueTask<StoredIndex> StoreAsync(VectorView view, ReadOnlyMemory<byte>? before, IChunkOutput output, CancellationToken cancellationToken)
    {
        var known = before is { } body ? StoredVectors.Read(body.Span[sizeof(ulong)..]) : null;
        var stored = await StoredVectorsWriter.WriteAsync(view, known, Number, output, cancellationToken).ConfigureAwait(false);
        var bytes = new byte[sizeof(ulong)];
        BinaryPrimitives.WriteUInt64LittleEndian(bytes, Model);
        return new((byte[])[.. bytes, .. stored.Write()], [.. stored.Sections(Number)]);
    }

    protected override object LineageOf(VectorView view) => view.Lineage;

    protected override int SizeOf(VectorView view) => view.Count;
}

/// <summary>Embeds the texts of concepts by the built-in model and writes the vectors to an index.</summary>
/// <param name="language">How words become terms.</param>
/// <param name="attributes">Those whose texts concepts write; null: all.</param>
/// <param name="index">Where to.</param>
internal sealed class HashedIndexer(TextLanguage language, TextAttributes? attributes, VectorIndex index) : RowIndexer<VectorView>
{
    /// <summary>Of the built-in model's vectors.</summary>
    public static readonly VectorSpec Spec = new(HashingModel.Dimensions, VectorMetric.Cosine, isSketched: true);

    private readonly byte[] _text = new byte[EmbeddedText.MaxBytes];
    private readonly float[] _vector = new float[HashingModel.Dimensions];

    public override long Bytes => index.Bytes + _text.Length;

    public override ReadOnlySpan<int> Columns => [HeaderColumn.Bag, ConceptColumn.Content];

    public override bool Fits(SpaceSettings settings) => settings.Language == language && settings.TextAttributes == attributes;

    public override bool ReadsAttributes(ValueKind kind) => kind is ValueKind.String or ValueKind.Array;

    public override int Update(in ConceptView concept)
    {
        var text = concept.IsAlive ? concept.WriteTextWithoutLabels(_text) : default;
        if (text.IsEmpty || !HashingModel.TryEmbed(text, language, _vector))
        {
            index.Remove(concept.Row);
            return text.Length;
        }

        index.Put(concept.Row, _vector);
        return text.Length;
    }

    public override void Remove(int row) => index.Remove(row);

    public override VectorView Publish() => index.Publish();

    public override Func<RowIndexer<VectorView>>? Compaction(VectorView view)
    {
        if (!index.WantsRebuild)
        {
            return null;
        }

        var rebuild = index.Rebuild(view);
        return () => new HashedIndexer(language, attributes, rebuild.Run());
    }
}
