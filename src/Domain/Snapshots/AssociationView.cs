using Cairn.Formats;
using Cairn.Primitives;

namespace Cairn.Snapshots;

/// <summary>One association in one snapshot, read where it lies. Valid as long as the snapshot is held; no allocation; any thread.</summary>
public readonly struct AssociationView
{
    private readonly Snapshot _snapshot;
    private readonly RowView _row;

    internal AssociationView(Snapshot snapshot, int row)
    {
        (_snapshot, Row) = (snapshot, row);
        _row = new(snapshot.Associations, row);
    }

    /// <summary>Its row, 0 to <see cref="Snapshot.AssociationRows"/> − 1.</summary>
    public int Row { get; }

    /// <summary>It was put and not deleted. Its ends may have expired: ask them.</summary>
    public bool IsAlive => (_row.Flags & RowFlags.Alive) != 0;

    /// <summary>Row of the concept it leaves.</summary>
    public int Source => (int)_row.Get(AssociationColumn.Source, 0);

    /// <summary>Row of the concept it reaches.</summary>
    public int Target => (int)_row.Get(AssociationColumn.Target, 0);

    /// <summary>Code of its type (<see cref="Snapshot.FindType"/>).</summary>
    public int Type => (int)_row.Get(AssociationColumn.Type, 0);

    /// <summary>UTF-8, 1 to 128 bytes.</summary>
    public ReadOnlySpan<byte> TypeName => _snapshot.Types[Type];

    /// <summary>UTF-8, usually empty.</summary>
    public ReadOnlySpan<byte> Key => _row.TryGet(AssociationColumn.Key, out var cell) ? _snapshot.Keys[(int)cell] : default;

    /// <summary>What identifies it.</summary>
    public AssociationName Name => new(_snapshot.Concept(Source).Id, TypeName, _snapshot.Concept(Target).Id, Key);

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

    /// <summary>Its attributes in byte order of their names.</summary>
    public AttributeEnumerator Attributes => new(_row);

    /// <summary>One attribute by name.</summary>
    public bool TryGetAttribute(ReadOnlySpan<byte> name, out ValueView value) => _row.TryGetAttribute(name, out value);
}
