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
    private readonly SqlLexer _lexer;
    private SqlToken _next;
    private int _depth;

    private ExpressionParser(string text)
    {
        _lexer = new(text);
        _next = _lexer.Next();
    }

    /// <summary>Reads a whole text.</summary>
    /// <exception cref="CairnException">Invalid: <c>syntax</c>, with the column; <c>limit</c>: too long, too deep, too many items.</exception>
    public static Expression Parse(string text)
    {
        if (Encoding.UTF8.GetByteCount(text) is var bytes && bytes > Limits.ExpressionBytes)
        {
            throw OverLimit("a condition", Limits.ExpressionBytes, "bytes", bytes);
        }

        RequireWhole(text);
        var parser = new ExpressionParser(text);
        var expression = parser.ReadOr();
        return parser._next.Kind == TokenKind.End ? expression : throw parser.Unexpected("AND, OR or the end");
    }

    private static void RequireWhole(string text)
    {
        for (var i = 0; i < text.Length;)
        {
            i += Rune.TryGetRuneAt(text, i, out var rune) ? rune.Utf16SequenceLength : throw SyntaxError.At(i + 1, "half a character stands here");
        }
    }

    private Expression ReadOr()
    {
        var terms = new List<Expression> { ReadAnd() };
        while (TryTakeWord("OR"))
        {
            terms.Add(ReadAnd());
        }

        return terms.Count == 1 ? terms[0] : new Or(terms);
    }

    private Expression ReadAnd()
    {
        var terms = new List<Expression> { ReadNot() };
        while (TryTakeWord("AND"))
        {
            terms.Add(ReadNot());
        }

        return terms.Count == 1 ? terms[0] : new And(terms);
    }

    private Expression ReadNot()
    {
        var negated = false;
        while (TryTakeWord("NOT"))
        {
            negated = !negated;
        }

        var predicate = ReadPredicate();
        return negated ? new Not(predicate) : predicate;
    }

    private Expression ReadPredicate()
    {
        if (!_next.IsSymbol("("))
        {
            return ReadTail(ReadOperand());
        }

        Take();
        if (++_depth > Limits.ExpressionNesting)
        {
            throw OverLimit("parentheses", Limits.ExpressionNesting, "levels", _depth);
        }

        var inner = ReadOr();
        TakeSymbol(")");
        _depth--;
        return inner;
    }

    private Expression ReadTail(Located left)
    {
        if (TryTakeComparison(out var comparison))
        {
            return Compare(left, comparison, ReadOperand());
        }

        if (TryTakeWord("IS"))
        {
            var isNot = TryTakeWord("NOT");
            TakeWord("NULL");
            return Negate(isNot, new IsNull(left.Operand));
        }

        var negated = _next.IsWord("NOT");
        if (negated)
        {
            Take();
        }

        return ReadSet(left) is { } condition ? Negate(negated, condition)
            : negated ? throw Unexpected("IN, LIKE, CONTAINS or BETWEEN")
            : left.Operand is Constant { Value.Kind: not (ValueKind.Bool or ValueKind.Null) }
                ? throw Unexpected("a comparison")
                : new IsTrue(left.Operand);
    }

    private Expression? ReadSet(Located left)
    {
        if (TryTakeWord("IN"))
        {
            return new InList(left.Operand, ReadItems(left));
        }

        if (TryTakeWord("LIKE"))
        {
            var pattern = Take(TokenKind.Text, "a pattern in single quotes");
            if (Encoding.UTF8.GetByteCount(pattern.Text) is var bytes && bytes > Limits.PatternBytes)
            {
                throw OverLimit("a pattern", Limits.PatternBytes, "bytes", bytes);
            }

            return LikePattern.TryParse(pattern.Text, out var parsed)
                ? new Like(left.Operand, parsed)
                : throw SyntaxError.At(pattern.Column, @"a \ in a pattern stands before %, _ or \");
        }

        if (TryTakeWord("CONTAINS"))
        {
            return new Contains(left.Operand, ReadLiteral());
        }

        if (!TryTakeWord("BETWEEN"))
        {
            return null;
        }

        var least = ReadOperand();
        TakeWord("AND");
        return new And([Compare(left, ComparisonOperator.GreaterOrEqual, least), Compare(left, ComparisonOperator.LessOrEqual, ReadOperand())]);
    }

    private List<Constant> ReadItems(Located left)
    {
        var items = new List<Constant>();
        TakeSymbol("(");
        do
        {
            var column = _next.Column;
            items.Add(AsInstant(left, ReadLiteral(), column));
            if (items.Count > Limits.Items)
            {
                throw OverLimit("a list", Limits.Items, "items", items.Count);
            }
        }
        while (TryTakeSymbol(","));

        TakeSymbol(")");
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
        var column = _next.Column;
        return new(IsLiteral(_next) ? ReadLiteral() : ReadField(), column);
    }

    private static bool IsLiteral(in SqlToken token) =>
        token.Kind is TokenKind.Text or TokenKind.Integer or TokenKind.Float
        || token.IsSymbol("-") || token.IsWord("TRUE") || token.IsWord("FALSE") || token.IsWord("NULL") || token.IsWord("TIMESTAMP");

    private Constant ReadLiteral()
    {
        var first = Take();
        if (first.IsWord("TIMESTAMP"))
        {
            var text = Take(TokenKind.Text, "an instant in single quotes");
            return Literals.TryInstant(text.Text, out var instant)
                ? new(instant)
                : throw NoInstant(text.Text, text.Column);
        }

        return first switch
        {
            { Kind: TokenKind.Text } => new(first.Text),
            { Kind: TokenKind.Integer or TokenKind.Float } => new(Literals.Number(first, isNegative: false)),
            _ when first.IsSymbol("-") && _next.Kind is TokenKind.Integer or TokenKind.Float => new(Literals.Number(Take(), isNegative: true)),
            _ when first.IsWord("TRUE") => new(true),
            _ when first.IsWord("FALSE") => new(false),
            _ when first.IsWord("NULL") => new(Value.Null),
            _ => throw SyntaxError.At(first.Column, $"a value was expected, not {first}"),
        };
    }

    private FieldReference ReadField()
    {
        var first = TakeName();
        var field = ConceptFields.Of(first.Text);
        if (first is { Kind: TokenKind.Word, Text: "attributes" })
        {
            TakeSymbol(".");
            (first, field) = (TakeName(), ConceptField.Attribute);
        }

        if (_next.IsSymbol("("))
        {
            throw SyntaxError.At(first.Column, $"there is no function {first}");
        }

        var path = new List<ReadOnlyMemory<byte>>();
        while (TryTakeSymbol("."))
        {
            path.Add(Encoding.UTF8.GetBytes(TakeName().Text));
        }

        return field == ConceptField.Attribute ? new(field, Encoding.UTF8.GetBytes(first.Text), path)
            : path.Count == 0 ? new(field, default, path)
            : throw SyntaxError.At(first.Column, $"{first.Text} has no members; attributes.{first.Text} is the attribute of that name");
    }

    private SqlToken TakeName() => _next.Kind == TokenKind.QuotedName || (_next.Kind == TokenKind.Word && !Keywords.IsReserved(_next.Text))
        ? Take()
        : throw Unexpected("a name or a value");

    private bool TryTakeComparison(out ComparisonOperator comparison)
    {
        ComparisonOperator? found = _next.Kind != TokenKind.Symbol ? null : _next.Text switch
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
            Take();
        }

        return found is not null;
    }

    private static Expression Negate(bool isNegated, Expression expression) => isNegated ? new Not(expression) : expression;

    private SqlToken Take()
    {
        var taken = _next;
        _next = _lexer.Next();
        return taken;
    }

    private SqlToken Take(TokenKind kind, string what) => _next.Kind == kind ? Take() : throw Unexpected(what);

    private bool TryTakeWord(string word)
    {
        var found = _next.IsWord(word);
        if (found)
        {
            Take();
        }

        return found;
    }

    private void TakeWord(string word)
    {
        if (!TryTakeWord(word))
        {
            throw Unexpected(word);
        }
    }

    private bool TryTakeSymbol(string symbol)
    {
        var found = _next.IsSymbol(symbol);
        if (found)
        {
            Take();
        }

        return found;
    }

    private void TakeSymbol(string symbol)
    {
        if (!TryTakeSymbol(symbol))
        {
            throw Unexpected($"'{symbol}'");
        }
    }

    private CairnException Unexpected(string expected) => SyntaxError.At(_next.Column, $"{expected} was expected, not {_next}");

    private static CairnException OverLimit(string what, int limit, string unit, int actual) =>
        new(ErrorKind.Invalid, $"{what} may have {limit} {unit} at most") { Problem = "limit", Limit = limit, Actual = actual };

    private readonly record struct Located(Operand Operand, int Column);
}
