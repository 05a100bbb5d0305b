using Cairn.Formats;
using Cairn.Model;
using Cairn.Primitives;
using Cairn.Text;

namespace Cairn.Snapshots.Derived;

/// <summary>
/// Writes the texts of concepts to an index: the id, the content if it is text, every attribute of those to be searched that is a string, and the strings of those that
/// are arrays. All of them are one document. What has expired counts until it is purged, as in every other count of a snapshot; what reads leaves it out.
/// </summary>
/// <param name="hash">Spreads the terms.</param>
/// <param name="index">Where to.</param>
/// <param name="attributes">Those to be searched; null: all.</param>
internal sealed class TextIndexer(KeyedHash hash, TextIndex index, TextAttributes? attributes) : RowIndexer<TextView>
{
    public override long Bytes => index.Bytes;

    public override ReadOnlySpan<int> Columns => [HeaderColumn.Bag, ConceptColumn.Content];

    public override bool Fits(SpaceSettings settings) => settings.Language == index.Language && settings.TextAttributes == attributes;

    public override bool ReadsAttributes(ValueKind kind) => kind is ValueKind.String or ValueKind.Array;

    public override int Update(in ConceptView concept)
    {
        if (!concept.IsAlive)
        {
            index.Remove(concept.Row);
            return 0;
        }

        var bytes = Add(concept.Id);
        bytes += concept.ContentKind == ContentKind.Text ? Add(concept.Content) : 0;
        foreach (var attribute in concept.Attributes)
        {
            bytes += attributes?.Contains(attribute.Name) == false ? 0 : AddValue(attribute.Value);
        }

        index.End(concept.Row);
        return bytes;
    }

    public override void Remove(int row) => index.Remove(row);

    public override TextView Publish() => index.Publish();

    public override Func<RowIndexer<TextView>>? Compaction(TextView view) =>
        index.WantsCompaction ? () => new TextIndexer(hash, TextIndex.CopyLive(view, hash), attributes) : null;

    private int AddValue(in ValueView value)
    {
        if (value.Kind == ValueKind.String)
        {
            return Add(value.Bytes);
        }

        var bytes = 0;
        if (value.Kind == ValueKind.Array)
        {
            for (var items = value.Items(); items.TryRead(out var item);)
            {
                bytes += item.Kind == ValueKind.String ? Add(item.Bytes) : 0;
            }
        }

        return bytes;
    }

    private int Add(ReadOnlySpan<byte> text)
    {
        index.Add(text);
        return text.Length;
    }
}
