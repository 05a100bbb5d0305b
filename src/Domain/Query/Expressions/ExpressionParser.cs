using System.Text;
using Cairn.Model;
using Cairn.Primitives;

namespace Cairn.Query.Expressions;

/// <summary>Reads a condition: the WHERE clause of the query language. Recursive descent; one use.</summary>
/// <remarks>
/// or := and {OR and}; and := not {AND not}; not := NOT not | predicate; predicate := ( or ) | operand [tail]; tail := comparison operand |
/// IS [NOT] NULL | [NOT] IN (literal, …) | [NOT] LIKE text | [NOT] CONTAINS literal | [NOT] BETWEEN operand AND operand.
/// Keywords in any case. Length and depth are limited, so that any text is read in bounded time, memory and stack.
/// </remarks>
internal sealed class ExpressionParser
{
    private readonly TokenReader _tokens;
    private int _depth;

    private ExpressionParser(string text) => _tokens = new(text, "a condition");

    /// <summary>Reads a whole text.</summary>
    /// <exception cref="CairnException">Invalid: <c>syntax</c>, with the column; <c>limit</c>: too long, too deep, too many items.</exception>
    public static Expression Parse(string text)
    {
        var parser = new ExpressionParser(text);
        var expression = parser.ReadOr();
        parser._tokens.End("AND, OR");
        return expression;
    }

    private Expression ReadOr()
    {
        var terms = new List<Expression> { ReadAnd() };
        while (_tokens.TryTakeWord("OR"))
        {
            terms.Add(ReadAnd());
        }

        return terms.Count == 1 ? terms[0] : new Or(terms);
    }

    private Expression ReadAnd()
    {
        var terms = new List<Expression> { ReadNot() };
        while (_tokens.TryTakeWord("AND"))
        {
            terms.Add(ReadNot());
        }

        return terms.Count == 1 ? terms[0] : new And(terms);
    }

    private Expression ReadNot()
    {
        var negated = false;
        while (_tokens.TryTakeWord("NOT"))
        {
            negated = !negated;
        }

        var predicate = ReadPredicate();
        return negated ? new Not(predicate) : predicate;
    }

    private Expression ReadPredicate()
    {
        if (!_tokens.Next.IsSymbol("("))
        {
            return ReadTail(ReadOperand());
        }

        _tokens.Take();
        if (++_depth > Limits.ExpressionNesting)
        {
            throw TokenReader.OverLimit("parentheses", Limits.ExpressionNesting, "levels", _depth);
        }

        var inner = ReadOr();
        _tokens.TakeSymbol(")");
        _depth--;
        return inner;
    }

    private Expression ReadTail(Located left)
    {
        if (TryTakeComparison(out var comparison))
        {
            return Compare(left, comparison, ReadOperand());
        }

        if (_tokens.TryTakeWord("IS"))
        {
            var isNot = _tokens.TryTakeWord("NOT");
            _tokens.TakeWord("NULL");
            return Negate(isNot, new IsNull(left.Operand));
        }

        var negated = _tokens.Next.IsWord("NOT");
        if (negated)
        {
            _tokens.Take();
        }

        return ReadSet(left) is { } condition ? Negate(negated, condition)
            : negated ? throw _tokens.Unexpected("IN, LIKE, CONTAINS or BETWEEN")
            : left.Operand is Constant { Value.Kind: not (ValueKind.Bool or ValueKind.Null) }
                ? throw _tokens.Unexpected("a comparison")
                : new IsTrue(left.Operand);
    }

    private Expression? ReadSet(Located left)
    {
        if (_tokens.TryTakeWord("IN"))
        {
            return new InList(left.Operand, ReadItems(left));
        }

        if (_tokens.TryTakeWord("LIKE"))
        {
            var pattern = _tokens.Take(TokenKind.Text, "a pattern in single quotes");
            if (Encoding.UTF8.GetByteCount(pattern.Text) is var bytes && bytes > Limits.PatternBytes)
            {
                throw TokenReader.OverLimit("a pattern", Limits.PatternBytes, "bytes", bytes);
            }

            return LikePattern.TryParse(pattern.Text, out var parsed)
                ? new Like(left.Operand, parsed)
                : throw SyntaxError.At(pattern.Column, @"a \ in a pattern stands before %, _ or \");
        }

        if (_tokens.TryTakeWord("CONTAINS"))
        {
            return new Contains(left.Operand, ReadLiteral());
        }

        if (!_tokens.TryTakeWord("BETWEEN"))
        {
            return null;
        }

        var least = ReadOperand();
        _tokens.TakeWord("AND");
        return new And([Compare(left, ComparisonOperator.GreaterOrEqual, least), Compare(left, ComparisonOperator.LessOrEqual, ReadOperand())]);
    }

    private List<Constant> ReadItems(Located left)
    {
        var items = new List<Constant>();
        _tokens.TakeSymbol("(");
        do
        {
            var column = _tokens.Next.Column;
            items.Add(AsInstant(left, ReadLiteral(), column));
            if (items.Count > Limits.Items)
            {
                throw TokenReader.OverLimit("a list", Limits.Items, "items", items.Count);
            }
        }
        while (_tokens.TryTakeSymbol(","));

        _tokens.TakeSymbol(")");
        return items;
    }

    private static Comparison Compare(Located left, ComparisonOperator comparison, Located right) =>
        new(WithInstant(right, left), comparison, WithInstant(left, right));

    // A text beside a field of instants is one.
    private static Operand WithInstant(Located field, Located other) =>
        other.Operand is Constant constant ? AsInstant(field, constant, other.Column) : other.Operand;

    private static Constant AsInstant(Located field, Constant constant, int column) =>
        constant.Value.Kind != ValueKind.String || field.Operand is not FieldReference reference || ConceptFields.KindOf(reference.Field) != ValueKind.DateTime ? constant
            : Literals.TryInstant(constant.Value.AsString, out var instant) ? new(instant)
            : throw NoInstant(constant.Value.AsString, column);

    private static CairnException NoInstant(string text, int column) => SyntaxError.At(column, $"'{text}' is no instant, such as 2026-01-31T12:00:00Z");

    private Located ReadOperand()
    {
        var column = _tokens.Next.Column;
        return new(IsLiteral(_tokens.Next) ? ReadLiteral() : _tokens.TakeField("a name or a value"), column);
    }

    private static bool IsLiteral(in SqlToken token) =>
        token.Kind is TokenKind.Text or TokenKind.Integer or TokenKind.Float
        || token.IsSymbol("-") || token.IsWord("TRUE") || token.IsWord("FALSE") || token.IsWord("NULL") || token.IsWord("TIMESTAMP");

    private Constant ReadLiteral()
    {
        var first = _tokens.Take();
        if (first.IsWord("TIMESTAMP"))
        {
            var text = _tokens.Take(TokenKind.Text, "an instant in single quotes");
            return Literals.TryInstant(text.Text, out var instant)
                ? new(instant)
                : throw NoInstant(text.Text, text.Column);
        }

        return first switch
        {
            { Kind: TokenKind.Text } => new(first.Text),
            { Kind: TokenKind.Integer or TokenKind.Float } => new(Literals.Number(first, isNegative: false)),
            _ when first.IsSymbol("-") && _tokens.Next.Kind is TokenKind.Integer or TokenKind.Float => new(Literals.Number(_tokens.Take(), isNegative: true)),
            _ when first.IsWord("TRUE") => new(true),
            _ when first.IsWord("FALSE") => new(false),
            _ when first.IsWord("NULL") => new(Value.Null),
            _ => throw SyntaxError.At(first.Column, $"a value was expected, not {first}"),
        };
    }

    private bool TryTakeComparison(out ComparisonOperator comparison)
    {
        ComparisonOperator? found = _tokens.Next.Kind != TokenKind.Symbol ? null : _tokens.Next.Text switch
        {
            "=" => ComparisonOperator.Equal,
            "<>" or "!=" => ComparisonOperator.NotEqual,
            "<" => ComparisonOperator.Less,
            "<=" => ComparisonOperator.LessOrEqual,
            ">" => ComparisonOperator.Greater,
            ">=" => ComparisonOperator.GreaterOrEqual,
            _ => null,
        };
        comparison = found ?? default;
        if (found is not null)
        {
            _tokens.Take();
        }

        return found is not null;
    }

    private static Expression Negate(bool isNegated, Expression expression) => isNegated ? new Not(expression) : expression;

    private readonly record struct Located(Operand Operand, int Column);
}
