using Cairn.Columns;
using Cairn.Formats;
using Cairn.Primitives;
using Cairn.Query.Expressions;
using Cairn.Snapshots;

namespace Cairn.Query;

/// <summary>Compares the concepts of one snapshot in an <see cref="OrderBy"/>, what is equal by id. Allocates nothing. One thread.</summary>
/// <param name="snapshot">What the rows belong to.</param>
/// <param name="orderBy">The order.</param>
/// <param name="now">For a strength that decays.</param>
/// <param name="work">What reading values adds to.</param>
internal sealed class RowOrder(Snapshot snapshot, OrderBy orderBy, Timestamp now, WorkMeter work) : IComparer<int>
{
    private readonly BoundField[] _fields = [.. orderBy.Terms.Select(term => new BoundField(snapshot, now, term.Field, work))];

    /// <summary>By term.</summary>
    public ReadOnlySpan<BoundField> Fields => _fields;

    public int Compare(int x, int y)
    {
        for (var term = 0; term < _fields.Length; term++)
        {
            var order = ValueOrder.Compare(_fields[term].Read(x), _fields[term].Read(y), orderBy.Terms[term].Descending);
            if (order != 0)
            {
                return order;
            }
        }

        return x == y ? 0 : snapshot.Ids[x].SequenceCompareTo(snapshot.Ids[y]);
    }

    /// <summary>Compares a row with a place.</summary>
    public int Compare(int row, OrderPlace place)
    {
        for (var term = 0; term < _fields.Length; term++)
        {
            var order = ValueOrder.Compare(_fields[term].Read(row), place.Value(term), orderBy.Terms[term].Descending);
            if (order != 0)
            {
                return order;
            }
        }

        return snapshot.Ids[row].SequenceCompareTo(place.Id);
    }

    /// <summary>Refuses rows of a group that have an array or object where they are sorted by it: it has no place in the order.</summary>
    /// <exception cref="CairnException">Invalid, naming the field and the concept.</exception>
    public void RequireOrdered(int group, RowGroup pages, UInt128 rows)
    {
        foreach (var field in _fields)
        {
            if (field.Reference.Field == ConceptField.Attribute)
            {
                RequireOrdered(field, group, pages, rows);
            }
        }
    }

    private void RequireOrdered(BoundField field, int group, RowGroup pages, UInt128 rows)
    {
        var suspects = pages[HeaderColumn.Bag]?.Valid ?? 0;
        foreach (var column in field.Columns)
        {
            var isSuspect = field.IsAttribute ? !ValueOrder.HasOrder(column.Kind) : column.Kind == Model.ValueKind.Object;
            suspects |= isSuspect && pages[column.Column] is { } page ? page.Valid : 0;
        }

        foreach (var bit in new RowBits(suspects & rows))
        {
            var row = (group * Page.Rows) + bit;
            var value = field.Read(row);
            if (!ValueOrder.HasOrder(value.Kind))
            {
                throw ValueOrder.Unordered(orderBy.Field, field.Reference, snapshot.Ids[row], value);
            }
        }
    }
}
