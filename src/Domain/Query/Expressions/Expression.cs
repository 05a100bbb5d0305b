using System.Text;
using Cairn.Formats;
using Cairn.Model;
using Cairn.Primitives;

namespace Cairn.Query.Expressions;

/// <summary>A condition on one concept in three-valued logic: true, false or unknown. Immutable.</summary>
internal abstract record Expression;

/// <summary>All of them hold; at least two.</summary>
internal sealed record And(IReadOnlyList<Expression> Terms) : Expression;

/// <summary>One of them holds; at least two.</summary>
internal sealed record Or(IReadOnlyList<Expression> Terms) : Expression;

/// <summary>It does not hold; unknown stays unknown.</summary>
internal sealed record Not(Expression Operand) : Expression;

/// <summary>Two values compared; unknown if one is null or their types do not compare.</summary>
internal sealed record Comparison(Operand Left, ComparisonOperator Operator, Operand Right) : Expression;

/// <summary>The value is missing or a stored null. Never unknown.</summary>
internal sealed record IsNull(Operand Operand) : Expression;

/// <summary>The value equals one of the items; unknown if it is null, or if it equals none and one of them is null.</summary>
internal sealed record InList(Operand Operand, IReadOnlyList<Constant> Items) : Expression;

/// <summary>The text matches; unknown for what is no text.</summary>
internal sealed record Like(Operand Operand, LikePattern Pattern) : Expression;

/// <summary>The array has the item, or the text the piece; unknown for other values.</summary>
internal sealed record Contains(Operand Operand, Constant Item) : Expression;

/// <summary>The value is true; unknown for what is no bool.</summary>
internal sealed record IsTrue(Operand Operand) : Expression;

/// <summary>How two values are compared.</summary>
internal enum ComparisonOperator
{
    /// <summary>=</summary>
    Equal,

    /// <summary>&lt;&gt; or !=</summary>
    NotEqual,

    /// <summary>&lt;</summary>
    Less,

    /// <summary>&lt;=</summary>
    LessOrEqual,

    /// <summary>&gt;</summary>
    Greater,

    /// <summary>&gt;=</summary>
    GreaterOrEqual,
}

/// <summary>What comparisons say.</summary>
internal static class ComparisonOperators
{
    /// <summary>The same of the sides in turn: a &lt; b is b &gt; a.</summary>
    public static ComparisonOperator Turned(ComparisonOperator comparison) => comparison switch
    {
        ComparisonOperator.Less => ComparisonOperator.Greater,
        ComparisonOperator.LessOrEqual => ComparisonOperator.GreaterOrEqual,
        ComparisonOperator.Greater => ComparisonOperator.Less,
        ComparisonOperator.GreaterOrEqual => ComparisonOperator.LessOrEqual,
        _ => comparison,
    };
}

/// <summary>One side of a comparison.</summary>
internal abstract record Operand;

/// <summary>A literal: a scalar.</summary>
internal sealed record Constant(Value Value) : Operand
{
    private readonly byte[] _utf8 = Value.Kind == ValueKind.String ? Encoding.UTF8.GetBytes(Value.AsString) : [];

    private readonly Timestamp? _instant = Value.Kind == ValueKind.String && Literals.TryInstant(Value.AsString, out var instant) ? instant : null;

    /// <summary>It as it is compared with a value of some kind: a text beside an instant is one, if it can be.</summary>
    public ValueView Beside(ValueKind kind) => kind == ValueKind.DateTime && _instant is { } instant ? new(kind, instant.Microseconds, default) : View;

    /// <summary>It as stored values are seen.</summary>
    public ValueView View => Value.Kind switch
    {
        ValueKind.Bool => new(ValueKind.Bool, Value.AsBool ? 1 : 0, default),
        ValueKind.Int64 => new(ValueKind.Int64, Value.AsInt64, default),
        ValueKind.Float64 => new(ValueKind.Float64, BitConverter.DoubleToInt64Bits(Value.AsFloat64), default),
        ValueKind.DateTime => new(ValueKind.DateTime, Value.AsDateTime.Microseconds, default),
        ValueKind.String => new(ValueKind.String, 0, _utf8),
        _ => default,
    };
}

/// <summary>A member of the concept.</summary>
/// <param name="Field">Which.</param>
/// <param name="Attribute">UTF-8 name of the attribute; empty unless the field is <see cref="ConceptField.Attribute"/>.</param>
/// <param name="Path">UTF-8 names of members, from the attribute inwards.</param>
internal sealed record FieldReference(ConceptField Field, ReadOnlyMemory<byte> Attribute, IReadOnlyList<ReadOnlyMemory<byte>> Path) : Operand
{
    /// <summary>How an error names it.</summary>
    public override string ToString() => Field != ConceptField.Attribute
        ? ConceptFields.NameOf(Field)
        : string.Join('.', Path.Select(static step => Encoding.UTF8.GetString(step.Span)).Prepend(Encoding.UTF8.GetString(Attribute.Span)));
}
