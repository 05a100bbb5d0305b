using Cairn.Columns;
using Cairn.Primitives;
using Cairn.Snapshots;

namespace Cairn.Query.Expressions;

/// <summary>
/// Tests a condition on the 128 concepts of a row group at once: numbers, bools and instants are compared in their packed columns, a text
/// that is in a dictionary is tested once and not again for each row, and only what lies elsewhere is tested row by row. One thread.
/// </summary>
internal sealed class GroupEvaluator(Snapshot snapshot, Timestamp now, Expression expression, WorkMeter work)
{
    private readonly GroupCondition _condition = new ConditionBinder(snapshot, now, work).Bind(expression);

    /// <summary>Evaluates the condition on some rows of a group.</summary>
    /// <param name="group">Number of the group.</param>
    /// <param name="rows">The rows that matter; what is answered of others means nothing.</param>
    public GroupTruth Evaluate(int group, UInt128 rows) => Evaluate(group * Page.Rows, snapshot.Concepts.Table.Group(group * Page.Rows), rows);

    /// <summary>Whether the condition may hold for some row of a group. Loads nothing of it.</summary>
    public bool MayHold(int group) => snapshot.Concepts.Table.IsLoaded(group) || _condition.MayHold(snapshot.Concepts.Zones, group);

    /// <summary>Evaluates it on a group whose pages are at hand.</summary>
    public GroupTruth Evaluate(int firstRow, RowGroup pages, UInt128 rows) => _condition.Evaluate(firstRow, pages, rows);
}
