using Cairn.Snapshots;
using Cairn.Snapshots.Derived;
using Cairn.Text;

namespace Cairn.Query.Search;

/// <summary>The full-text index of a life of a space: of what <see cref="TextIndexer"/> reads, in the language and of the attributes that the settings say. Thread-safe.</summary>
internal sealed class TextIndexing : DerivedIndex<TextView>
{
    /// <summary>Gets the texts of a snapshot ready to be searched.</summary>
    /// <param name="snapshot">What is read.</param>
    /// <param name="exact">That very snapshot; else a later one may be answered, which is cheaper where there are writes. See <see cref="DerivedIndexScan{TView}"/>.</param>
    public static Scan<DerivedReading<TextView>> Prepare(Snapshot snapshot, bool exact) =>
        new DerivedIndexScan<TextView>(snapshot.Derived<TextIndexing>(), snapshot, exact);

    public override DerivedIndex In(SharedIndexes other) => other.Derived<TextIndexing>();

    public override RowIndexer<TextView> NewIndexer(Snapshot snapshot) =>
        new TextIndexer(snapshot.KeyedHash, new(snapshot.KeyedHash, snapshot.Settings.Language), snapshot.Settings.TextAttributes);
}
