using Cairn.Columns;

namespace Cairn.Query.Expressions;

/// <summary>A condition bound to one snapshot, tested on the 128 concepts of a row group at once. One thread.</summary>
internal abstract class GroupCondition
{
    /// <summary>Evaluates it on some rows of a group.</summary>
    /// <param name="firstRow">The group's first row.</param>
    /// <param name="pages">Its pages.</param>
    /// <param name="rows">The rows that matter; what is answered of others means nothing.</param>
    public abstract GroupTruth Evaluate(int firstRow, RowGroup pages, UInt128 rows);

    /// <summary>Whether it may hold for some row of a group that is not loaded; without loading it.</summary>
    /// <param name="zones">What is known of the group.</param>
    /// <param name="group">Its number.</param>
    public virtual bool MayHold(ZoneMaps zones, int group) => true;
}

/// <summary>All of them hold.</summary>
internal sealed class AllOf(GroupCondition[] terms, WorkMeter work) : GroupCondition
{
    public override GroupTruth Evaluate(int firstRow, RowGroup pages, UInt128 rows)
    {
        var result = new GroupTruth(UInt128.MaxValue, 0);
        for (var i = 0; i < terms.Length && (rows & ~result.False) != 0; i++)
        {
            work.Add(1);
            result &= terms[i].Evaluate(firstRow, pages, rows & ~result.False);
        }

        return result;
    }

    public override bool MayHold(ZoneMaps zones, int group) => Array.TrueForAll(terms, term => term.MayHold(zones, group));
}

/// <summary>One of them holds.</summary>
internal sealed class AnyOf(GroupCondition[] terms, WorkMeter work) : GroupCondition
{
    public override GroupTruth Evaluate(int firstRow, RowGroup pages, UInt128 rows)
    {
        var result = new GroupTruth(0, UInt128.MaxValue);
        for (var i = 0; i < terms.Length && (rows & ~result.True) != 0; i++)
        {
            work.Add(1);
            result |= terms[i].Evaluate(firstRow, pages, rows & ~result.True);
        }

        return result;
    }

    public override bool MayHold(ZoneMaps zones, int group) => Array.Exists(terms, term => term.MayHold(zones, group));
}

/// <summary>It does not hold.</summary>
internal sealed class Negation(GroupCondition operand) : GroupCondition
{
    public override GroupTruth Evaluate(int firstRow, RowGroup pages, UInt128 rows) => !operand.Evaluate(firstRow, pages, rows);
}

/// <summary>What can only be tested on one concept after the other.</summary>
internal sealed class RowByRow(RowEvaluator evaluator, Expression expression) : GroupCondition
{
    public override GroupTruth Evaluate(int firstRow, RowGroup pages, UInt128 rows)
    {
        var (holds, fails) = (UInt128.Zero, UInt128.Zero);
        foreach (var row in new RowBits(rows))
        {
            var truth = evaluator.Evaluate(expression, firstRow + row);
            holds |= truth == Truth.True ? UInt128.One << row : 0;
            fails |= truth == Truth.False ? UInt128.One << row : 0;
        }

        return new(holds, fails);
    }
}
