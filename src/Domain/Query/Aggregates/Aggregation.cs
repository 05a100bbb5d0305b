using Cairn.Model;
using Cairn.Primitives;
using Cairn.Snapshots;

namespace Cairn.Query.Aggregates;

/// <summary>
/// Values of groups of concepts: those with equal values of some fields are one group, null is a value like any other; without such fields all are one group,
/// also if there are none. 1 and 1.0 are equal; the group shows the integer. Immutable; any thread.
/// </summary>
/// <remarks>Every concept is visited once. Memory follows the groups, which are limited, not the concepts.</remarks>
public sealed record Aggregation
{
    private readonly List<(int Column, bool Descending)> _order;

    /// <summary>Checks what is asked for.</summary>
    /// <param name="groupBy">Up to <see cref="Limits.AggregateKeys"/> fields.</param>
    /// <param name="select">Up to <see cref="Limits.AggregateItems"/> values; none only if something is grouped by.</param>
    /// <param name="orderBy">Columns with asc or desc behind them; null: the fields that are grouped by, up. What is equal goes by those.</param>
    /// <param name="field">The request's field of the order, for the error.</param>
    /// <exception cref="CairnException">Invalid: <c>limit</c>; nothing asked for; two columns of one name; labels, which is an array; a wrong order.</exception>
    public Aggregation(IReadOnlyList<FieldName> groupBy, IReadOnlyList<AggregateItem> select, string? orderBy = null, string field = "orderBy")
    {
        ArgumentNullException.ThrowIfNull(groupBy);
        ArgumentNullException.ThrowIfNull(select);
        (GroupBy, Select) = (groupBy, select);
        Columns = [.. groupBy.Select(static name => name.Text), .. select.Select(static item => item.As)];
        RequireColumns();
        _order = orderBy is null ? [] : ColumnOrder.Parse(orderBy, Columns, field);
    }

    /// <summary>The fields whose values make a group.</summary>
    public IReadOnlyList<FieldName> GroupBy { get; }

    /// <summary>The selected values.</summary>
    public IReadOnlyList<AggregateItem> Select { get; }

    /// <summary>Names of the columns: those that are grouped by, as they were written, then those that are selected.</summary>
    public IReadOnlyList<string> Columns { get; }

    /// <summary>For expiry and decay; taken once per request.</summary>
    public required Timestamp Now { get; init; }

    /// <summary>World time: only concepts that were true then; null: all.</summary>
    public Timestamp? ValidAt { get; init; }

    /// <summary>Labels, any of.</summary>
    public CodeFilter Labels { get; init; }

    /// <summary>What must be true of the concepts; null: nothing.</summary>
    public WhereClause? Where { get; init; }

    /// <summary>Rows that are answered, 1 to <see cref="Limits.AggregateRows"/>.</summary>
    public int Limit { get; init; } = 1000;

    /// <summary>The order by columns, nothing if it is that of the groups.</summary>
    internal IReadOnlyList<(int Column, bool Descending)> Order => _order;

    /// <summary>Begins to visit the concepts.</summary>
    /// <remarks>While it is walked: <c>limit</c>, too many groups or a sum past 64 bits; an array or object where values are grouped or put in order.</remarks>
    /// <exception cref="ArgumentOutOfRangeException">The limit.</exception>
    public Scan<AggregateRows> Start(Snapshot snapshot)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(Limit, 1);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(Limit, Limits.AggregateRows);
        return new AggregateScan(this, snapshot);
    }

    private void RequireColumns()
    {
        if (GroupBy.Count > Limits.AggregateKeys || Select.Count > Limits.AggregateItems)
        {
            var (name, limit, actual) = GroupBy.Count > Limits.AggregateKeys
                ? ("/groupBy", Limits.AggregateKeys, GroupBy.Count)
                : ("/select", Limits.AggregateItems, Select.Count);
            throw CairnException.OverLimit(name, $"at most {limit} of them", limit, actual);
        }

        if (Columns.Count == 0)
        {
            throw CairnException.Invalid("/select", "nothing is asked for: select something, or group by something");
        }

        if (GroupBy.FirstOrDefault(static name => name.IsLabels) is { } labels)
        {
            throw CairnException.Invalid(labels.Field, "labels is an array, by which nothing can be grouped");
        }

        var names = new HashSet<string>();
        for (var column = 0; column < Columns.Count; column++)
        {
            if (!names.Add(Columns[column]))
            {
                var at = column < GroupBy.Count ? GroupBy[column].Field : Select[column - GroupBy.Count].Field;
                throw CairnException.Invalid(at, $"two columns have the name '{Columns[column]}': give one of them another with as");
            }
        }
    }
}
