using Cairn.Indexes;
using Cairn.Model;
using Cairn.Primitives;

namespace Cairn.Query.Orders;

/// <summary>
/// Makes an order of one snapshot that of another one, in slices: the rows that differ are taken out, then put in again. In between, those that stay are in
/// the same order by the values of either snapshot. One thread.
/// </summary>
internal sealed class FieldOrderUpdate(FieldOrder before, FieldImage after, List<int> differing, KeyTable ids)
{
    private const int RowsPerSlice = 256;
    private readonly OrderedRows.Change _rows = before.Rows.Begin();
    private readonly FieldOrder _after = new(after, before.Rows, ids);
    private int _removed;
    private int _inserted;

    /// <summary>The order; null before the end, and if a row has a value without a place.</summary>
    public FieldOrder? Result { get; private set; }

    /// <summary>Does the next slice; false: it is over.</summary>
    public bool Step()
    {
        for (var end = Math.Min(differing.Count, _removed + RowsPerSlice); _removed < end; _removed++)
        {
            var row = differing[_removed];
            Invariant.Require(!Has(before.Image, row) || _rows.TryRemove(row, before.Compare), "a row is where its value says");
        }

        return _removed < differing.Count || Insert();
    }

    private bool Insert()
    {
        for (var end = Math.Min(differing.Count, _inserted + RowsPerSlice); _inserted < end; _inserted++)
        {
            var row = differing[_inserted];
            if (Has(after, row))
            {
                if (!FieldOrder.Takes(after.Read(row)))
                {
                    return false;
                }

                _rows.Insert(row, _after.Compare);
            }
        }

        if (_inserted < differing.Count)
        {
            return true;
        }

        Result = new(after, _rows.Finish(), ids);
        return false;
    }

    private static bool Has(FieldImage image, int row) => row < image.Rows && image.Read(row).Kind != ValueKind.Null;
}
