using Cairn.Columns;
using Cairn.Formats;
using Cairn.Model;
using Cairn.Primitives;
using Cairn.Query.Expressions;
using Cairn.Snapshots;

namespace Cairn.Query.Aggregates;

/// <summary>One selected value of all groups while it grows. One thread; adding allocates nothing.</summary>
internal abstract class Accumulator
{
    /// <summary>One for an item.</summary>
    public static Accumulator Of(AggregateItem item, Snapshot snapshot, Timestamp now, WorkMeter work) => item switch
    {
        { Of: null } or { Of.IsLabels: true } => new RowCounts(),
        { Function: AggregateFunction.Count } => new ValueCounts(snapshot, new(snapshot, now, item.Of.Reference, work)),
        { Function: AggregateFunction.Min or AggregateFunction.Max } => new Extremes(item, snapshot, new(snapshot, now, item.Of.Reference, work)),
        _ => new Totals(item, snapshot, new(snapshot, now, item.Of!.Reference, work)),
    };

    /// <summary>Makes room for groups.</summary>
    public abstract void Require(int groups);

    /// <summary>Adds some rows.</summary>
    /// <param name="slice">The rows.</param>
    /// <param name="groups">Shape [128]: the group of each of those rows.</param>
    public abstract void Add(in RowSlice slice, ReadOnlySpan<int> groups);

    /// <summary>Refuses a group whose value cannot be told.</summary>
    /// <exception cref="CairnException">Invalid, <c>limit</c>: a sum past 64 bits.</exception>
    public virtual void Check(int group)
    {
    }

    /// <summary>The value of a group.</summary>
    public abstract ValueView Result(int group);

    /// <summary>Room for at least so many items, twice as many as before if it does not do.</summary>
    protected static void Require<T>(ref T[] items, int count)
    {
        if (items.Length < count)
        {
            Array.Resize(ref items, Math.Max(count, items.Length * 2));
        }
    }
}

/// <summary>Counts rows.</summary>
internal sealed class RowCounts : Accumulator
{
    private long[] _counts = new long[16];

    public override void Require(int groups) => Require(ref _counts, groups);

    public override void Add(in RowSlice slice, ReadOnlySpan<int> groups) => Count(_counts, slice, groups);

    /// <summary>Counts some rows.</summary>
    /// <param name="counts">By group.</param>
    /// <param name="slice">The rows.</param>
    /// <param name="groups">Shape [128]: the group of each of those rows.</param>
    public static void Count(long[] counts, in RowSlice slice, ReadOnlySpan<int> groups)
    {
        if (slice.IsOneGroup)
        {
            counts[0] += (long)UInt128.PopCount(slice.Rows);
            return;
        }

        foreach (var row in new RowBits(slice.Rows))
        {
            counts[groups[row]]++;
        }
    }

    public override ValueView Result(int group) => new(ValueKind.Int64, _counts[group], default);
}
