using System.Buffers.Binary;
using Cairn.Columns;
using Cairn.Formats;
using Cairn.Model;
using Cairn.Primitives;
using Cairn.Vectors;

namespace Cairn.Snapshots;

/// <summary>One concept in one snapshot, read where it lies. Valid as long as the snapshot is held; no allocation; any thread.</summary>
public readonly struct ConceptView
{
    private readonly Snapshot _snapshot;
    private readonly RowView _row;

    internal ConceptView(Snapshot snapshot, int row)
    {
        (_snapshot, Row) = (snapshot, row);
        _row = new(snapshot.Concepts, row);
    }

    /// <param name="snapshot">Where it is read.</param>
    /// <param name="row">Its row.</param>
    /// <param name="group">The row group that it is in, for a walk that does not keep what it loads.</param>
    internal ConceptView(Snapshot snapshot, int row, RowGroup group)
    {
        (_snapshot, Row) = (snapshot, row);
        _row = new(snapshot.Concepts, row, group);
    }

    /// <summary>Its row, 0 to <see cref="Snapshot.ConceptRows"/> − 1. Never shown outside: rows change with a generation.</summary>
    public int Row { get; }

    /// <summary>Asks the processor for all of it, for a reader that wants most of it. A hint.</summary>
    public void Prefetch() => _row.Group.Prefetch(_row.Slot);

    /// <summary>It was put, and neither deleted nor expired at <paramref name="now"/>.</summary>
    public bool Exists(Timestamp now) => (_row.Flags & RowFlags.Alive) != 0 && !(_row.TryGet(HeaderColumn.ExpiresAt, out var expiry) && expiry <= now.Microseconds);

    /// <summary>It was put and not deleted; it may have expired.</summary>
    internal bool IsAlive => (_row.Flags & RowFlags.Alive) != 0;

    /// <summary>Only associations speak of it.</summary>
    public bool IsImplied => (_row.Flags & RowFlags.Implied) != 0;

    /// <summary>UTF-8, 1 to 512 bytes.</summary>
    public ReadOnlySpan<byte> Id => _snapshot.Ids[Row];

    /// <summary>The commit that last changed it.</summary>
    public LogPosition Version => _row.Version;

    /// <summary>When it was created.</summary>
    public Timestamp CreatedAt => _row.CreatedAt;

    /// <summary>When it last changed.</summary>
    public Timestamp UpdatedAt => _row.Time(HeaderColumn.UpdatedAt);

    /// <summary>When its strength was last set or reinforced.</summary>
    public Timestamp ReinforcedAt => _row.Time(HeaderColumn.ReinforcedAt);

    /// <summary>As it was at <see cref="ReinforcedAt"/>, 0 to 1.</summary>
    public float Strength => _row.Share(HeaderColumn.Strength);

    /// <summary>0 to 1.</summary>
    public float Confidence => _row.Share(HeaderColumn.Confidence);

    /// <summary>Strength decayed to <paramref name="now"/>.</summary>
    public float CurrentStrength(Timestamp now) => _row.CurrentStrength(now, _snapshot.Settings);

    /// <summary>World time; null: always.</summary>
    public Timestamp? ValidFrom => _row.Optional(HeaderColumn.ValidFrom);

    /// <summary>World time; null: still.</summary>
    public Timestamp? ValidTo => _row.Optional(HeaderColumn.ValidTo);

    /// <summary>When it is forgotten; null: never.</summary>
    public Timestamp? ExpiresAt => _row.Optional(HeaderColumn.ExpiresAt);

    /// <summary>How many labels it has, 0 to 16.</summary>
    public int LabelCount => LabelSet.Length / sizeof(int);

    /// <summary>A label, UTF-8, in the order given.</summary>
    public ReadOnlySpan<byte> Label(int index) => _snapshot.Labels[LabelCode(index)];

    /// <summary>Whether it has the label of that code (<see cref="Snapshot.FindLabel"/>).</summary>
    public bool HasLabel(int code) => HasAnyLabel([code]);

    /// <summary>Whether it has one of the labels of those codes.</summary>
    internal bool HasAnyLabel(ReadOnlySpan<int> codes) => HasAnyLabel(LabelSet, codes);

    /// <summary>Whether a set of labels (<see cref="Snapshot.LabelSets"/>) has one of those codes.</summary>
    internal static bool HasAnyLabel(ReadOnlySpan<byte> labelSet, ReadOnlySpan<int> codes)
    {
        for (var labels = labelSet; !labels.IsEmpty; labels = labels[sizeof(int)..])
        {
            if (codes.Contains(BinaryPrimitives.ReadInt32LittleEndian(labels)))
            {
                return true;
            }
        }

        return false;
    }

    /// <summary>What its content is.</summary>
    public ContentKind ContentKind => (_row.Flags & RowFlags.Text) != 0 ? ContentKind.Text
        : (_row.Flags & RowFlags.Bytes) != 0 ? ContentKind.Bytes : ContentKind.None;

    /// <summary>Bytes of its content, up to 1 MiB; 0 if there is none.</summary>
    public int ContentLength => _row.TryGet(ConceptColumn.Content, out var cell) ? _row.Rows.ArenaOf(ConceptColumn.Content).LengthOf(cell >> 1) : 0;

    /// <summary>The content, UTF-8 or bytes; copied only if it is longer than 64 KiB.</summary>
    public ReadOnlySpan<byte> Content => _row.TryGet(ConceptColumn.Content, out var cell) ? _row.Rows.Bytes(ConceptColumn.Content, cell) : default;

    /// <summary>UTF-8; empty if none was given.</summary>
    public ReadOnlySpan<byte> MediaType => _row.TryGet(ConceptColumn.MediaType, out var cell) ? _snapshot.MediaTypes[(int)cell] : default;

    /// <summary>Components of its vector; 0: it has none.</summary>
    public int VectorDimensions => VectorBytes.CountOf(GivenVector);

    /// <summary>Copies the vector. <paramref name="destination"/>: shape [<see cref="VectorDimensions"/>], float32.</summary>
    public void CopyVector(Span<float> destination) => VectorBytes.CopyTo(GivenVector, destination);

    /// <summary>The vector that the service computed of its text, as float32s, little-endian; empty: there is none, or the caller set one.</summary>
    /// <param name="model">From <see cref="Snapshot.ServingModel"/>.</param>
    internal ReadOnlySpan<byte> Embedding(ulong model) =>
        _row.TryGet(ConceptColumn.Embeddings, out var cell) && StoredEmbeddings.Find(_row.Rows.Bytes(ConceptColumn.Embeddings, cell), model) is { Exists: true } found
            ? found.Vector
            : default;

    /// <summary>Writes the text that is embedded and answers it; empty: there is nothing to embed.</summary>
    /// <param name="buffer">At least <see cref="Embeddings.EmbeddedText.MaxBytes"/> long.</param>
    internal ReadOnlySpan<byte> WriteEmbeddedText(Span<byte> buffer) => ConceptText.Write(new Cells(_row), Id, _snapshot.Shared, _snapshot.Settings.TextAttributes, buffer);

    /// <summary>As the other, without the labels: two concepts of one kind do not mean alike for that, and the built-in model takes each word at its word.</summary>
    /// <param name="buffer">As there.</param>
    internal ReadOnlySpan<byte> WriteTextWithoutLabels(Span<byte> buffer) => ConceptText.Write(new Cells(_row), Id, null, _snapshot.Settings.TextAttributes, buffer);

    /// <summary>Its attributes in byte order of their names.</summary>
    public AttributeEnumerator Attributes => new(_row);

    /// <summary>One attribute by name.</summary>
    public bool TryGetAttribute(ReadOnlySpan<byte> name, out ValueView value) => _row.TryGetAttribute(name, out value);

    /// <summary>The same, where the columns of that name are known (<see cref="AttributeLayout.Of"/>).</summary>
    internal bool TryGetAttribute(ReadOnlySpan<byte> name, ReadOnlySpan<AttributeColumn> columns, out ValueView value) => _row.TryGetAttribute(name, columns, out value);

    /// <summary>Number of its set of labels (<see cref="Snapshot.LabelSets"/>), −1 if it never had any.</summary>
    internal int LabelSetCode => (int)_row.Get(ConceptColumn.LabelSet, -1);

    private ReadOnlySpan<byte> LabelSet => _row.TryGet(ConceptColumn.LabelSet, out var cell) ? _snapshot.LabelSets[(int)cell] : default;

    /// <summary>The vector that the caller set, as float32s, little-endian; empty: none.</summary>
    internal ReadOnlySpan<byte> GivenVector => _row.TryGet(ConceptColumn.Vector, out var cell) ? _row.Rows.Bytes(ConceptColumn.Vector, cell) : default;

    private readonly struct Cells(RowView row) : IConceptCells
    {
        public AttributeLayout Layout => row.Rows.Layout;

        public bool TryGet(int column, out long cell) => row.TryGet(column, out cell);

        public ReadOnlySpan<byte> Bytes(int column, long cell) => row.Rows.Bytes(column, cell);
    }

    private int LabelCode(int index) => BinaryPrimitives.ReadInt32LittleEndian(LabelSet[(index * sizeof(int))..]);
}
