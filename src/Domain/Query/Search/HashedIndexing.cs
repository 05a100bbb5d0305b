using Cairn.Embeddings;
using Cairn.Formats;
using Cairn.Model;
using Cairn.Snapshots;
using Cairn.Snapshots.Derived;
using Cairn.Vectors;

namespace Cairn.Query.Search;

/// <summary>
/// The index of the vectors that the built-in model makes of a life of a space, in int8 alone: the texts are what they can be made of again. Thread-safe.
/// </summary>
internal sealed class HashedIndexing : DerivedIndex<VectorView>
{
    /// <summary>Making a vector takes longer than a write may wait for: readers catch up.</summary>
    protected override bool FollowsWrites => false;

    public override DerivedIndex In(SharedIndexes other) => other.Derived<HashedIndexing>();

    public override RowIndexer<VectorView> NewIndexer(Snapshot snapshot) =>
        new HashedIndexer(snapshot.Settings.Language, snapshot.Settings.TextAttributes, new(HashedIndexer.Spec));
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

/// <summary>Nothing but int8 is kept of the built-in model's vectors.</summary>
internal readonly struct NoOriginals : IVectorSource
{
    public ReadOnlySpan<byte> Read(int row) => default;
}
