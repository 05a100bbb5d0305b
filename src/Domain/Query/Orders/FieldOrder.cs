using Cairn.Formats;
using Cairn.Indexes;
using Cairn.Query.Expressions;

namespace Cairn.Query.Orders;

/// <summary>
/// The concepts that have a value of a field, in the order of <see cref="OrderBy"/> going up: by value, what is equal by id. Immutable; any thread.
/// Invariant: every row with a value other than null is in it once, and every value has a place and at most <see cref="MaxValueBytes"/>.
/// </summary>
internal sealed class FieldOrder(FieldImage image, OrderedRows rows, KeyTable ids)
{
    /// <summary>The longest value: thousands are compared in a slice, and a longer one may have to be copied for each comparison.</summary>
    public const int MaxValueBytes = 1024;

    /// <summary>The values.</summary>
    public FieldImage Image => image;

    /// <summary>The rows.</summary>
    public OrderedRows Rows => rows;

    /// <summary>Bytes of memory.</summary>
    public long Bytes => image.Bytes + rows.Bytes;

    /// <summary>Whether a value has a place.</summary>
    public static bool Takes(in ValueView value) => ValueOrder.HasOrder(value.Kind) && value.Bytes.Length <= MaxValueBytes;

    /// <summary>Compares two rows that have a value.</summary>
    public int Compare(int x, int y)
    {
        var order = ValueOrder.Compare(image.Read(x), image.Read(y), descending: false);
        return order != 0 || x == y ? order : ids[x].SequenceCompareTo(ids[y]);
    }

    /// <summary>The first position, from one to another, whose value is not before a value.</summary>
    public int FirstNotBefore(in ValueView value, int from, int to)
    {
        while (from < to)
        {
            var middle = (from + to) >>> 1;
            (from, to) = ValueOrder.Compare(image.Read(rows[middle]), value, descending: false) < 0 ? (middle + 1, to) : (from, middle);
        }

        return from;
    }

    /// <summary>The first position whose value is not before a value.</summary>
    public int FirstNotBefore(in ValueView value) => FirstNotBefore(value, 0, rows.Count);

    /// <summary>The first position whose value is behind a value.</summary>
    public int FirstBehind(in ValueView value)
    {
        var (from, to) = (0, rows.Count);
        while (from < to)
        {
            var middle = (from + to) >>> 1;
            (from, to) = ValueOrder.Compare(image.Read(rows[middle]), value, descending: false) <= 0 ? (middle + 1, to) : (from, middle);
        }

        return from;
    }

    /// <summary>The first position behind a value and id.</summary>
    public int FirstBehind(in ValueView value, ReadOnlySpan<byte> id)
    {
        var (from, to) = (0, rows.Count);
        while (from < to)
        {
            var middle = (from + to) >>> 1;
            var order = ValueOrder.Compare(image.Read(rows[middle]), value, descending: false);
            order = order == 0 ? ids[rows[middle]].SequenceCompareTo(id) : order;
            (from, to) = order <= 0 ? (middle + 1, to) : (from, middle);
        }

        return from;
    }

    /// <summary>The first position whose value is of a type at or behind a place among the types.</summary>
    public int FirstOfRank(int rank)
    {
        // Nearly always all values are of one type.
        if (rows.Count == 0 || ValueOrder.RankOf(image.Read(rows[0]).Kind) >= rank)
        {
            return 0;
        }

        if (ValueOrder.RankOf(image.Read(rows[^1]).Kind) < rank)
        {
            return rows.Count;
        }

        var (from, to) = (0, rows.Count);
        while (from < to)
        {
            var middle = (from + to) >>> 1;
            (from, to) = ValueOrder.RankOf(image.Read(rows[middle]).Kind) < rank ? (middle + 1, to) : (from, middle);
        }

        return from;
    }
}
