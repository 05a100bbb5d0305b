using System.Buffers;
using System.Text;

namespace Cairn.Query.Expressions;

/// <summary>Cuts the text of a query into tokens, one at a time. Time and memory follow the length of the text.</summary>
/// <remarks>Words are letters, digits and underscores and do not begin with a digit. Texts stand in single quotes, names with other characters
/// in double ones; the quote itself is written twice.</remarks>
internal sealed class SqlLexer(string text)
{
    private const string TwoCharacterSymbols = "<>,!=,<=,>=";
    private static readonly SearchValues<char> Symbols = SearchValues.Create("()=<>,.-+*");
    private int _at;

    /// <summary>The next token; at the end an End token, again and again.</summary>
    /// <exception cref="Primitives.CairnException">Invalid, <c>syntax</c>: no token begins with what stands there.</exception>
    public SqlToken Next()
    {
        while (_at < text.Length && char.IsWhiteSpace(text[_at]))
        {
            _at++;
        }

        if (_at == text.Length)
        {
            return new(TokenKind.End, "", _at + 1);
        }

        return text[_at] switch
        {
            '\'' => Quoted('\'', TokenKind.Text, "a text"),
            '"' => Quoted('"', TokenKind.QuotedName, "a name"),
            var first when char.IsAsciiDigit(first) => Number(),
            var first when IsWordPart(first) => Word(),
            var first when Symbols.Contains(first) || first == '!' => Symbol(),
            _ => throw SyntaxError.At(_at + 1, $"'{Rune.GetRuneAt(text, _at)}' does not belong here"),
        };
    }

    private static bool IsWordPart(char character) => char.IsLetterOrDigit(character) || character == '_';

    private SqlToken Word()
    {
        var start = _at;
        while (_at < text.Length && IsWordPart(text[_at]))
        {
            _at++;
        }

        return new(TokenKind.Word, text[start.._at], start + 1);
    }

    private SqlToken Number()
    {
        var start = _at;
        Digits();
        var kind = TokenKind.Integer;
        if (_at + 1 < text.Length && text[_at] == '.' && char.IsAsciiDigit(text[_at + 1]))
        {
            kind = TokenKind.Float;
            _at++;
            Digits();
        }

        if (_at < text.Length && text[_at] is 'e' or 'E')
        {
            kind = TokenKind.Float;
            Exponent(start);
        }

        return _at < text.Length && IsWordPart(text[_at])
            ? throw SyntaxError.At(start + 1, "a number does not go on with a letter")
            : new(kind, text[start.._at], start + 1);
    }

    private void Exponent(int start)
    {
        _at++;
        if (_at < text.Length && text[_at] is '+' or '-')
        {
            _at++;
        }

        var digits = _at;
        Digits();
        if (_at == digits)
        {
            throw SyntaxError.At(start + 1, "the number's exponent has no digits");
        }
    }

    private void Digits()
    {
        while (_at < text.Length && char.IsAsciiDigit(text[_at]))
        {
            _at++;
        }
    }

    private SqlToken Quoted(char quote, TokenKind kind, string what)
    {
        var start = _at++;
        var content = new StringBuilder();
        while (true)
        {
            var end = text.IndexOf(quote, _at);
            if (end < 0)
            {
                throw SyntaxError.At(start + 1, $"{what} begins here and does not end");
            }

            content.Append(text, _at, end - _at);
            _at = end + 1;
            if (_at == text.Length || text[_at] != quote)
            {
                return new(kind, content.ToString(), start + 1);
            }

            content.Append(quote);
            _at++;
        }
    }

    private SqlToken Symbol()
    {
        var start = _at++;
        if (_at < text.Length && TwoCharacterSymbols.Contains(text[start..(_at + 1)], StringComparison.Ordinal) && Symbols.Contains(text[_at]))
        {
            _at++;
        }

        return text[start] == '!' && _at == start + 1
            ? throw SyntaxError.At(start + 1, "'!' stands only before '='")
            : new(TokenKind.Symbol, text[start.._at], start + 1);
    }
}
