using Cairn.Columns;

namespace Cairn.Snapshots.Derived;

/// <summary>Brings an index from one snapshot to a later one, or from nothing, in slices. One thread at a time.</summary>
internal sealed class CatchUp<TView>
    where TView : class
{
    // A group that is compared costs about as much as a short text.
    private const int BytesPerGroup = 128;
    private const int BytesPerRow = 32;

    private readonly ChangedRows _changes;
    private readonly IReadOnlyList<int> _stale;
    private int _nextStale;
    private int _group;
    private RowBits _rest;
    private RowGroup _pages = RowGroup.Empty;

    /// <param name="index">Is as the first snapshot.</param>
    /// <param name="from">Null: the index is empty.</param>
    /// <param name="target">Where to.</param>
    /// <param name="stale">Rows of which the index is not as the first snapshot, ascending.</param>
    public CatchUp(RowIndexer<TView> index, Snapshot? from, Snapshot target, IReadOnlyList<int> stale)
    {
        (Index, Target, _stale) = (index, target, stale);
        _changes = new(from, target, index.Columns, index.ReadsAttributes);
    }

    /// <summary>What is brought there; as the target when <see cref="Step"/> has answered false.</summary>
    public RowIndexer<TView> Index { get; }

    /// <summary>The later snapshot.</summary>
    public Snapshot Target { get; }

    /// <summary>Rows that were updated so far.</summary>
    public int Updated { get; private set; }

    /// <summary>Rows that were gone past so far.</summary>
    public int Visited => Math.Min(_group * Page.Rows, Target.ConceptRows);

    /// <summary>Does a part of it; false: it is over.</summary>
    /// <param name="rows">How many rows are updated at most.</param>
    /// <param name="bytes">After how many bytes of values it ends, about.</param>
    public bool Step(int rows, int bytes)
    {
        while (rows > 0 && bytes > 0)
        {
            if (_nextStale < _stale.Count)
            {
                bytes -= BytesPerRow + UpdateStale(_stale[_nextStale++]);
                rows--;
                Updated++;
                continue;
            }

            if (_rest.MoveNext())
            {
                // The row that is at hand belongs to the group before the next one.
                var row = ((_group - 1) * Page.Rows) + _rest.Current;
                bytes -= BytesPerRow + Index.Update(new(Target, row, _pages));
                rows--;
                Updated++;
                continue;
            }

            _group = _changes.Next(_group);
            if (_group >= _changes.Groups)
            {
                return false;
            }

            _rest = new(_changes.Of(_group++, out _pages));
            bytes -= BytesPerGroup;
        }

        return true;
    }

    // It may be of a row that was added since, and is not there yet.
    private int UpdateStale(int row)
    {
        if (row < Target.ConceptRows)
        {
            return Index.Update(Target.Concept(row));
        }

        Index.Remove(row);
        return 0;
    }
}
