using System.Globalization;
using Cairn.Model;
using Cairn.Primitives;

namespace Cairn.Domain.Tests.Query.Expressions;

/// <summary>Conditions as text, each with what it means.</summary>
internal sealed class RandomCondition(Random random)
{
    private const string Day = "2026-01-01";
    private static readonly Timestamp Midnight = Timestamp.From(new DateTimeOffset(2026, 1, 1, 0, 0, 0, TimeSpan.Zero));

    private static readonly Value[] Values =
    [
        0, 1, -1, 9007199254740993, long.MaxValue, long.MinValue, 0.5, 1.0, -0.0, 9007199254740992.0, 9223372036854775808.0, 1e300,
        "", "a", "ab", "é", Day, true, false, Midnight, new Timestamp(1), Value.Null,
    ];

    private static readonly string[] Names = ["a", "b", "c", "missing"];

    /// <summary>A condition, and whether it holds for a concept; null: unknown.</summary>
    public (string Text, Func<Concept, bool?> Holds) Next(int depth) => depth == 0 || random.Next(4) == 0 ? Predicate() : random.Next(3) switch
    {
        0 => Join(Next(depth - 1), "AND", Next(depth - 1), And),
        1 => Join(Next(depth - 1), "OR", Next(depth - 1), (x, y) => x == true || y == true ? true : x == false && y == false ? false : null),
        _ => Not(Next(depth - 1)),
    };

    /// <summary>A value, or an array or object of some.</summary>
    public Value NextValue() => random.Next(8) switch
    {
        0 => Enumerable.Range(0, random.Next(3)).Select(_ => Scalar()).ToArray(),
        1 => Value.Object(new Dictionary<string, Value> { ["a"] = Scalar(), ["b"] = Value.Object(new Dictionary<string, Value> { ["c"] = Scalar() }) }),
        _ => Scalar(),
    };

    private static (string, Func<Concept, bool?>) Join(
        (string Text, Func<Concept, bool?> Holds) left, string word, (string Text, Func<Concept, bool?> Holds) right, Func<bool?, bool?, bool?> join) =>
        ($"({left.Text}) {word} ({right.Text})", concept => join(left.Holds(concept), right.Holds(concept)));

    private static bool? And(bool? x, bool? y) => x == false || y == false ? false : x == true && y == true ? true : null;

    private static (string, Func<Concept, bool?>) Not((string Text, Func<Concept, bool?> Holds) inner) => ($"NOT ({inner.Text})", concept => !inner.Holds(concept));

    private (string, Func<Concept, bool?>) Predicate()
    {
        var (field, read) = Field();
        var isLiteral = random.Next(3) > 0;
        var (other, value) = isLiteral ? Literal() : Field();
        int? Order(Concept concept) => NaiveValues.Compare(read(concept), isLiteral ? Beside(read(concept), value(concept)) : value(concept));
        var (low, high) = (Literal(), Literal());
        return random.Next(13) switch
        {
            0 => ($"{field} = {other}", concept => Order(concept) is { } order ? order == 0 : null),
            1 => ($"{field} <> {other}", concept => Order(concept) is { } order ? order != 0 : null),
            2 => ($"{field} <= {other}", concept => Order(concept) is { } order ? order <= 0 : null),
            3 => ($"{other} > {field}", concept => Order(concept) is { } order ? order < 0 : null),
            4 => ($"{field} IS NULL", concept => read(concept) is null or { Kind: ValueKind.Null }),
            5 => ($"{field} IN ({low.Text}, {high.Text})", concept => IsIn(read(concept), low.Value(concept), high.Value(concept))),
            6 => ($"{field} CONTAINS {low.Text}", concept => NaiveValues.Contains(read(concept), low.Value(concept))),
            8 => ($"validFrom <= TIMESTAMP '{Midnight}'", concept => NaiveValues.Compare(concept.ValidFrom, Midnight) is { } order ? order <= 0 : null),
            7 => ($"{field} LIKE 'a%'", concept => read(concept) is { Kind: ValueKind.String } text ? text.AsString.StartsWith('a') : null),
            9 => ($"{field} BETWEEN {low.Text} AND {high.Text}", concept => And(
                NaiveValues.Compare(read(concept), Beside(read(concept), low.Value(concept))) is { } above ? above >= 0 : null,
                NaiveValues.Compare(read(concept), Beside(read(concept), high.Value(concept))) is { } below ? below <= 0 : null)),
            10 => ("labels CONTAINS 'x'", concept => concept.Labels.Contains("x")),
            11 => ($"{low.Text} < confidence", concept => NaiveValues.Compare(low.Value(concept), (double)concept.Confidence) is { } order ? order < 0 : null),
            _ => (field, concept => read(concept) is { Kind: ValueKind.Bool } flag ? flag.AsBool : null),
        };
    }

    private static bool? IsIn(Value? value, params Value?[] items)
    {
        var orders = items.Select(item => NaiveValues.Compare(value, Beside(value, item))).ToArray();
        return orders.Contains(0) ? true : orders.Contains(null) ? null : false;
    }

    // A text beside an instant is one, if it can be.
    private static Value? Beside(Value? value, Value? literal) =>
        value is { Kind: ValueKind.DateTime } && literal is { Kind: ValueKind.String } text && text.AsString == Day ? Midnight : literal;

    private (string Text, Func<Concept, Value?> Value) Field()
    {
        var name = Names[random.Next(Names.Length)];
        return random.Next(8) switch
        {
            0 => ("id", concept => concept.Id),
            1 => ("strength", concept => (double)concept.Strength),
            2 => ($"{name}.a", concept => Member(Attribute(concept, name), "a")),
            3 => ($"attributes.{name}.b.\"c\"", concept => Member(Member(Attribute(concept, name), "b"), "c")),
            _ => (name, concept => Attribute(concept, name)),
        };
    }

    private (string Text, Func<Concept, Value?> Value) Literal()
    {
        var value = Scalar();
        return (Write(value), _ => value);
    }

    /// <summary>A value that is neither an array nor an object.</summary>
    public Value Scalar() => Values[random.Next(Values.Length)];

    private static Value? Attribute(Concept concept, string name) => concept.Attributes.TryGetValue(name, out var value) ? value : (Value?)null;

    private static Value? Member(Value? value, string name) => value is { Kind: ValueKind.Object } found && found.AsObject.TryGetValue(name, out var member) ? member : (Value?)null;

    private static string Write(Value value) => value.Kind switch
    {
        ValueKind.Null => "NULL",
        ValueKind.Bool => value.AsBool ? "TRUE" : "false",
        ValueKind.Int64 => value.AsInt64.ToString(CultureInfo.InvariantCulture),
        ValueKind.Float64 => value.AsFloat64.ToString("E16", CultureInfo.InvariantCulture),
        ValueKind.DateTime => $"TIMESTAMP '{value.AsDateTime}'",
        _ => $"'{value.AsString}'",
    };
}
