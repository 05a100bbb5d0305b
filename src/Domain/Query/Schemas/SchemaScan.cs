using System.Buffers.Binary;
using Cairn.Columns;
using Cairn.Indexes;
using Cairn.Snapshots;

namespace Cairn.Query.Schemas;

/// <summary>Counts over the row groups of the concepts, those of the associations, then over the names that were met, all in slices.</summary>
internal sealed class SchemaScan : Scan<SpaceSchema>
{
    private readonly SchemaQuery _query;
    private readonly Snapshot _snapshot;
    private readonly Visibility _visibility;
    private readonly AttributeCounts _ofConcepts;
    private readonly AttributeCounts _ofAssociations;

    // By number in the table of label sets, of labels, of types.
    private readonly long[] _labelSets;
    private readonly long[] _labels;
    private readonly long[] _types;
    private readonly IEnumerator<bool> _slices;
    private NameCount[] _namedLabels = [];
    private NameCount[] _namedTypes = [];
    private bool _isTruncated;

    public SchemaScan(SchemaQuery query, Snapshot snapshot)
    {
        (_query, _snapshot, _visibility) = (query, snapshot, new(snapshot, query.Now, query.ValidAt));
        (_ofConcepts, _ofAssociations) = (new(snapshot.Concepts, snapshot.KeyedHash, query.MaxNames, Work), new(snapshot.Associations, snapshot.KeyedHash, query.MaxNames, Work));

        // Of a snapshot's time at least; what the tables get later, the snapshot does not refer to.
        (_labelSets, _labels, _types) = (new long[snapshot.LabelSets.Count], new long[snapshot.Labels.Count], new long[snapshot.Types.Count]);
        _slices = Slices().GetEnumerator();
    }

    public override SpaceSchema Result => new(
        _namedLabels,
        _namedTypes,
        _ofConcepts.Take(),
        _ofAssociations.Take(),
        _isTruncated || _ofConcepts.IsTruncated || _ofAssociations.IsTruncated);

    public override bool Step()
    {
        Work.BeginSlice();
        return _slices.MoveNext();
    }

    private IEnumerable<bool> Slices()
    {
        const int GroupsPerSlice = RowsPerSlice / Page.Rows;
        for (var first = 0; first < _snapshot.ConceptRows; first += Page.Rows)
        {
            CountConcepts(_snapshot.Concepts.Table.Group(first), Math.Min(Page.Rows, _snapshot.ConceptRows - first));
            if (first / Page.Rows % GroupsPerSlice == GroupsPerSlice - 1 || Work.IsSliceSpent)
            {
                yield return true;
            }
        }

        for (var first = 0; first < _snapshot.AssociationRows; first += Page.Rows)
        {
            CountAssociations(_snapshot.Associations.Table.Group(first), Math.Min(Page.Rows, _snapshot.AssociationRows - first));
            if (first / Page.Rows % GroupsPerSlice == GroupsPerSlice - 1 || Work.IsSliceSpent)
            {
                yield return true;
            }
        }

        for (var set = 0; set < _labelSets.Length; set++)
        {
            CountLabels(set);
            if (set % RowsPerSlice == RowsPerSlice - 1)
            {
                yield return true;
            }
        }

        foreach (var slice in Names(_snapshot.Labels, _labels, found => _namedLabels = found))
        {
            yield return slice;
        }

        foreach (var slice in Names(_snapshot.Types, _types, found => _namedTypes = found))
        {
            yield return slice;
        }
    }

    private void CountConcepts(RowGroup group, int rows)
    {
        RowsVisited += rows;
        var shown = _visibility.ShownConcepts(group);
        _ofConcepts.Count(group, shown);
        CountCells(group[ConceptColumn.LabelSet], shown, _labelSets);
    }

    private void CountAssociations(RowGroup group, int rows)
    {
        RowsVisited += rows;
        var shown = _visibility.ShownAssociations(group);
        _ofAssociations.Count(group, shown);
        CountCells(group[AssociationColumn.Type], shown, _types);
    }

    private static void CountCells(Page? page, UInt128 rows, long[] counts)
    {
        if (page is null)
        {
            return;
        }

        Span<long> cells = stackalloc long[Page.Rows];
        page.CopyTo(cells);
        foreach (var row in new RowBits(page.Valid & rows))
        {
            counts[cells[row]]++;
        }
    }

    private void CountLabels(int set)
    {
        if (_labelSets[set] == 0)
        {
            return;
        }

        for (var labels = _snapshot.LabelSets[set]; !labels.IsEmpty; labels = labels[sizeof(int)..])
        {
            _labels[BinaryPrimitives.ReadInt32LittleEndian(labels)] += _labelSets[set];
        }
    }

    // The first names in byte order of those that something has.
    private IEnumerable<bool> Names(KeyTable names, long[] counts, Action<NameCount[]> done)
    {
        using var first = new BoundedHeap<int, NameOrder>(new(names), _query.MaxNames);
        for (var number = 0; number < counts.Length; number++)
        {
            if (counts[number] > 0)
            {
                _isTruncated |= first.IsFull;
                first.Offer(number);
            }

            if (number % RowsPerSlice == RowsPerSlice - 1)
            {
                yield return true;
            }
        }

        var found = new NameCount[first.Count];
        while (first.Count > 0)
        {
            var number = first.TakeLast();
            found[first.Count] = new(names[number].ToArray(), counts[number]);
        }

        done(found);
    }

    private readonly struct NameOrder(KeyTable names) : IComparer<int>
    {
        public int Compare(int x, int y) => names[x].SequenceCompareTo(names[y]);
    }
}
