using System.Text;
using Cairn.Model;
using Cairn.Primitives;

namespace Cairn.Query.Aggregates;

/// <summary>What is computed of the values of a group. Nulls are left out everywhere.</summary>
public enum AggregateFunction
{
    /// <summary>How many values there are; of no field, how many concepts.</summary>
    Count,

    /// <summary>Int64 while all numbers are, exact; else float64. What is no number is left out.</summary>
    Sum,

    /// <summary>Float64. What is no number is left out.</summary>
    Avg,

    /// <summary>The first value in the order of <see cref="OrderBy"/>.</summary>
    Min,

    /// <summary>The last value in that order.</summary>
    Max,
}

/// <summary>One selected value of an aggregation. Immutable.</summary>
public sealed class AggregateItem
{
    private AggregateItem(AggregateFunction function, FieldName? of, string name, string field) => (Function, Of, As, Field) = (function, of, name, field);

    /// <summary>The function.</summary>
    public AggregateFunction Function { get; }

    /// <summary>Of what; null: of the concepts, which only Count takes.</summary>
    public FieldName? Of { get; }

    /// <summary>Name of its column.</summary>
    public string As { get; }

    /// <summary>The request's field, for errors that the values bring.</summary>
    internal string Field { get; }

    /// <summary>Checks a selected value.</summary>
    /// <param name="function">The function.</param>
    /// <param name="of">Of what; null: of the concepts.</param>
    /// <param name="name">Name of its column, 1 to 128 bytes; null: <c>count</c>, <c>avg_salary</c>.</param>
    /// <param name="field">The request's field, for the error: a JSON pointer.</param>
    /// <exception cref="CairnException">Invalid: nothing to compute of; the array of labels; the name's length (<c>limit</c>).</exception>
    public static AggregateItem Create(AggregateFunction function, FieldName? of, string? name, string field)
    {
        if (of is null && function != AggregateFunction.Count)
        {
            throw CairnException.Invalid(field, $"{Word(function)} needs the field that it is of");
        }

        if (of is { IsLabels: true } && function != AggregateFunction.Count)
        {
            throw CairnException.Invalid(of.Field, $"labels is an array, of which there is no {Word(function)}");
        }

        if (name is not null && Encoding.UTF8.GetByteCount(name) is 0 or > Limits.NameBytes)
        {
            throw CairnException.OverLimit(
                field + "/as", $"a column's name has 1 to {Limits.NameBytes} bytes", name.Length == 0 ? 1 : Limits.NameBytes, Encoding.UTF8.GetByteCount(name));
        }

        return new(function, of, name ?? (of is null ? Word(function) : $"{Word(function)}_{of.Text}"), field);
    }

    private static string Word(AggregateFunction function) => function switch
    {
        AggregateFunction.Count => "count",
        AggregateFunction.Sum => "sum",
        AggregateFunction.Avg => "avg",
        AggregateFunction.Min => "min",
        _ => "max",
    };
}
