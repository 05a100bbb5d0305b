using Cairn.Columns;
using Cairn.Formats;
using Cairn.Model;
using Cairn.Primitives;
using Cairn.Query.Expressions;
using Cairn.Snapshots;

namespace Cairn.Query.Orders;

/// <summary>
/// The values of one field of all concepts as one snapshot has them. It holds the pages of that field's columns and the arenas behind them and nothing else
/// of the snapshot, so that two of them tell which rows differ, and one that nobody uses any more holds no more than a column as it was. Immutable; any thread.
/// </summary>
internal sealed class FieldImage
{
    // Row groups whose pages lie in one array, which images share as long as none of them changes.
    private const int GroupsPerChunk = 128;

    private readonly AttributeColumn[] _columns;
    private readonly StoredRows _cells;
    private readonly Page?[][] _chunks;

    private FieldImage(AttributeColumn[] columns, Snapshot snapshot, Page?[][] before)
    {
        (_columns, Position, Rows) = (columns, snapshot.Position, snapshot.ConceptRows);
        _cells = new(new(Spine<Page?[]>.Empty, 0), AttributeLayout.Empty, ArenasOf(columns, snapshot.Concepts));
        _chunks = new Page?[(Groups + GroupsPerChunk - 1) / GroupsPerChunk][];
        for (var chunk = 0; chunk < _chunks.Length; chunk++)
        {
            _chunks[chunk] = chunk < before.Length && IsAsBefore(chunk, before[chunk], snapshot) ? before[chunk] : Take(chunk, snapshot);
        }
    }

    /// <summary>Where the snapshot stands.</summary>
    public LogPosition Position { get; }

    /// <summary>Rows of the snapshot, with a value or without.</summary>
    public int Rows { get; }

    /// <summary>Row groups of the snapshot.</summary>
    public int Groups => (Rows + Page.Rows - 1) / Page.Rows;

    /// <summary>Bytes of its own memory; the pages are the snapshot's.</summary>
    public long Bytes => _chunks.Length * (long)GroupsPerChunk * _columns.Length * IntPtr.Size;

    /// <summary>
    /// Takes the values of a field. Null: there is no such field yet, some of its values may be elsewhere than in columns, or it is none that can be taken: a
    /// member of an attribute, a share, a text of the concept itself.
    /// </summary>
    public static FieldImage? TryTake(Snapshot snapshot, FieldReference field) =>
        ColumnsOf(snapshot, field) is { Length: > 0 } columns ? new(columns, snapshot, []) : null;

    /// <summary>Takes the values of the same field in another snapshot; null: it has other columns there.</summary>
    public FieldImage? TryTakeOf(Snapshot snapshot, FieldReference field) =>
        ColumnsOf(snapshot, field) is var columns && columns.AsSpan().SequenceEqual(_columns) ? new(columns, snapshot, _chunks) : null;

    /// <summary>The value of a row below <see cref="Rows"/>, where it lies; null if there is none.</summary>
    public ValueView Read(int row)
    {
        var (group, slot) = (row / Page.Rows, row % Page.Rows);
        var (chunk, at) = (_chunks[group / GroupsPerChunk], group % GroupsPerChunk * _columns.Length);
        foreach (var column in _columns)
        {
            if (chunk[at++] is { } page && page.TryGet(slot, out var cell))
            {
                return _cells.Value(column, cell);
            }
        }

        return default;
    }

    /// <summary>The rows of a group that have a cell; it may be a stored null.</summary>
    public UInt128 Present(int group)
    {
        var (chunk, at) = (_chunks[group / GroupsPerChunk], group % GroupsPerChunk * _columns.Length);
        var rows = UInt128.Zero;
        for (var column = 0; column < _columns.Length; column++)
        {
            rows |= chunk[at + column]?.Valid ?? 0;
        }

        return rows;
    }

    /// <summary>The rows whose value may differ from that in another image of the same columns, up to a number; null: there are more.</summary>
    public List<int>? TryCompare(FieldImage other, int most)
    {
        var differing = new List<int>();
        for (var chunk = 0; chunk < Math.Max(_chunks.Length, other._chunks.Length); chunk++)
        {
            var (mine, others) = (chunk < _chunks.Length ? _chunks[chunk] : [], chunk < other._chunks.Length ? other._chunks[chunk] : []);
            for (var at = 0; mine != others && at < Math.Max(mine.Length, others.Length); at += _columns.Length)
            {
                var group = (chunk * GroupsPerChunk) + (at / _columns.Length);
                foreach (var row in new RowBits(Compare(other, mine.AsSpan(Math.Min(at, mine.Length)), others.AsSpan(Math.Min(at, others.Length)))))
                {
                    differing.Add((group * Page.Rows) + row);
                }

                if (differing.Count > most)
                {
                    return null;
                }
            }
        }

        return differing;
    }

    // One row group in two images; empty: it has none.
    private UInt128 Compare(FieldImage other, ReadOnlySpan<Page?> mine, ReadOnlySpan<Page?> others)
    {
        var differing = UInt128.Zero;
        for (var column = 0; column < _columns.Length; column++)
        {
            var (now, before) = (mine.IsEmpty ? null : mine[column], others.IsEmpty ? null : others[column]);
            differing |= CellChanges.Differing(now, before, ArenaOf(_columns[column]), other.ArenaOf(_columns[column]));
        }

        return differing;
    }

    private Arena? ArenaOf(AttributeColumn column) => HasArena(column) ? _cells.ArenaOf(column.Column) : null;

    private bool IsAsBefore(int chunk, Page?[] before, Snapshot snapshot)
    {
        for (var at = 0; at < before.Length; at++)
        {
            if (!ReferenceEquals(before[at], PageOf(snapshot, chunk, at)))
            {
                return false;
            }
        }

        return true;
    }

    private Page?[] Take(int chunk, Snapshot snapshot)
    {
        var pages = new Page?[GroupsPerChunk * _columns.Length];
        for (var at = 0; at < pages.Length; at++)
        {
            pages[at] = PageOf(snapshot, chunk, at);
        }

        return pages;
    }

    private Page? PageOf(Snapshot snapshot, int chunk, int at)
    {
        var group = (chunk * GroupsPerChunk) + (at / _columns.Length);
        return group < Groups ? snapshot.Concepts.Table.Group(group * Page.Rows)[_columns[at % _columns.Length].Column] : null;
    }

    private static AttributeColumn[] ColumnsOf(Snapshot snapshot, FieldReference field)
    {
        // A time that defaults to the creation has no cell of its own then: the first column that has one counts.
        static AttributeColumn[] BuiltIn(ValueKind kind, params ReadOnlySpan<int> columns)
        {
            var found = new AttributeColumn[columns.Length];
            for (var i = 0; i < found.Length; i++)
            {
                found[i] = new(columns[i], [], kind, null);
            }

            return found;
        }

        // Names that find no column any more live in bags.
        var layout = snapshot.Concepts.Layout;
        return field.Field switch
        {
            ConceptField.Attribute => field.Path.Count == 0 && layout.ByName.Length < Limits.AttributeColumns ? layout.Of(field.Attribute.Span).ToArray() : [],
            ConceptField.Version => BuiltIn(ValueKind.Int64, HeaderColumn.Version),
            ConceptField.CreatedAt => BuiltIn(ValueKind.DateTime, HeaderColumn.CreatedAt),
            ConceptField.UpdatedAt => BuiltIn(ValueKind.DateTime, HeaderColumn.UpdatedAt, HeaderColumn.CreatedAt),
            ConceptField.ReinforcedAt => BuiltIn(ValueKind.DateTime, HeaderColumn.ReinforcedAt, HeaderColumn.CreatedAt),
            _ => [],
        };
    }

    private static Arena[] ArenasOf(AttributeColumn[] columns, StoredRows rows)
    {
        var arenas = new Arena[columns.Where(HasArena).Select(static column => column.Column + 1).DefaultIfEmpty().Max()];
        foreach (var column in columns.Where(HasArena))
        {
            arenas[column.Column] = rows.ArenaOf(column.Column);
        }

        return arenas;
    }

    private static bool HasArena(AttributeColumn column) => column.Kind is ValueKind.String or ValueKind.Bytes or ValueKind.Array or ValueKind.Object;
}
