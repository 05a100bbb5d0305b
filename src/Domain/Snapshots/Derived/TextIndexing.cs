using Cairn.Columns;
using Cairn.Formats.Segments;
using Cairn.Text;

namespace Cairn.Snapshots.Derived;

/// <summary>The full-text index of a life of a space: of what <see cref="TextIndexer"/> reads, in the language and of the attributes that the settings say. Thread-safe.</summary>
internal sealed class TextIndexing : DerivedIndex<TextView>
{
    /// <summary>Its number.</summary>
    public const uint SectionArgument = 0;

    public override uint Number => SectionArgument;

    public override RowIndexer<TextView> NewIndexer(Snapshot snapshot) =>
        new TextIndexer(snapshot.KeyedHash, new(snapshot.KeyedHash, snapshot.Settings.Language), snapshot.Settings.TextAttributes);

    protected override RowIndexer<TextView> Open(ReadOnlyMemory<byte> body, IChunkSections chunks, Snapshot snapshot, int rows) =>
        new TextIndexer(snapshot.KeyedHash, TextIndex.Open(snapshot.KeyedHash, StoredText.Read(body.Span), chunks), snapshot.Settings.TextAttributes);

    protected override async ValueTask<StoredIndex> StoreAsync(TextView view, ReadOnlyMemory<byte>? before, IChunkOutput output, CancellationToken cancellationToken)
    {
        var stored = await StoredTextWriter.WriteAsync(view, before is { } body ? StoredText.Read(body.Span) : null, output, cancellationToken).ConfigureAwait(false);
        return new(stored.Write(), [.. stored.Sections]);
    }

    protected override object LineageOf(TextView view) => view.Lineage;

    protected override int SizeOf(TextView view) => view.LiveCount;
}
