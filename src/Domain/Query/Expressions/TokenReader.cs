using System.Text;
using Cairn.Model;
using Cairn.Primitives;

namespace Cairn.Query.Expressions;

/// <summary>The tokens of a text with one of them looked at ahead, and the names of fields among them. One use.</summary>
internal sealed class TokenReader
{
    private readonly SqlLexer _lexer;

    /// <param name="text">Up to <see cref="Limits.ExpressionBytes"/>.</param>
    /// <param name="what">How an error names it.</param>
    /// <exception cref="CairnException">Invalid: <c>limit</c>, too long; <c>syntax</c>.</exception>
    public TokenReader(string text, string what)
    {
        if (Encoding.UTF8.GetByteCount(text) is var bytes && bytes > Limits.ExpressionBytes)
        {
            throw OverLimit(what, Limits.ExpressionBytes, "bytes", bytes);
        }

        RequireWhole(text);
        _lexer = new(text);
        Next = _lexer.Next();
    }

    /// <summary>The token that is taken next.</summary>
    public SqlToken Next { get; private set; }

    /// <summary>Takes the next one.</summary>
    public SqlToken Take()
    {
        var taken = Next;
        Next = _lexer.Next();
        return taken;
    }

    /// <summary>Takes one of a kind, or refuses what stands there.</summary>
    public SqlToken Take(TokenKind kind, string what) => Next.Kind == kind ? Take() : throw Unexpected(what);

    /// <summary>Takes a word if it stands there.</summary>
    public bool TryTakeWord(string word)
    {
        var found = Next.IsWord(word);
        if (found)
        {
            Take();
        }

        return found;
    }

    /// <summary>Takes a word, or refuses what stands there.</summary>
    public void TakeWord(string word)
    {
        if (!TryTakeWord(word))
        {
            throw Unexpected(word);
        }
    }

    /// <summary>Takes a symbol if it stands there.</summary>
    public bool TryTakeSymbol(string symbol)
    {
        var found = Next.IsSymbol(symbol);
        if (found)
        {
            Take();
        }

        return found;
    }

    /// <summary>Takes a symbol, or refuses what stands there.</summary>
    public void TakeSymbol(string symbol)
    {
        if (!TryTakeSymbol(symbol))
        {
            throw Unexpected($"'{symbol}'");
        }
    }

    /// <summary>A member of the concept, and the path into it: bare, a built-in one if there is one of that name, else an attribute; in quotes an attribute.</summary>
    public FieldReference TakeField(string expected)
    {
        var first = TakeName(expected);
        var field = first.Kind == TokenKind.Word ? ConceptFields.Of(first.Text) : ConceptField.Attribute;
        if (first is { Kind: TokenKind.Word, Text: "attributes" })
        {
            TakeSymbol(".");
            (first, field) = (TakeName("a name"), ConceptField.Attribute);
        }

        if (Next.IsSymbol("("))
        {
            throw SyntaxError.At(first.Column, $"there is no function {first}");
        }

        var path = new List<ReadOnlyMemory<byte>>();
        while (TryTakeSymbol("."))
        {
            path.Add(Encoding.UTF8.GetBytes(TakeName("a name").Text));
        }

        return field == ConceptField.Attribute ? new(field, Encoding.UTF8.GetBytes(first.Text), path)
            : path.Count == 0 ? new(field, default, path)
            : throw SyntaxError.At(first.Column, $"{first.Text} has no members; attributes.{first.Text} is the attribute of that name");
    }

    /// <summary>Requires that all was read.</summary>
    public void End(string expected)
    {
        if (Next.Kind != TokenKind.End)
        {
            throw Unexpected(expected + " or the end");
        }
    }

    /// <summary>What stands there is not what must.</summary>
    public CairnException Unexpected(string expected) => SyntaxError.At(Next.Column, $"{expected} was expected, not {Next}");

    /// <summary>A part of a text passes a limit.</summary>
    public static CairnException OverLimit(string what, int limit, string unit, int actual) =>
        new(ErrorKind.Invalid, $"{what} may have {limit} {unit} at most") { Problem = "limit", Limit = limit, Actual = actual };

    private SqlToken TakeName(string expected) => Next.Kind == TokenKind.QuotedName || (Next.Kind == TokenKind.Word && !Keywords.IsReserved(Next.Text))
        ? Take()
        : throw Unexpected(expected);

    private static void RequireWhole(string text)
    {
        for (var i = 0; i < text.Length;)
        {
            i += Rune.TryGetRuneAt(text, i, out var rune) ? rune.Utf16SequenceLength : throw SyntaxError.At(i + 1, "half a character stands here");
        }
    }
}
