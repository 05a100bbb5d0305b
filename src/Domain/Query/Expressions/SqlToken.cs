namespace Cairn.Query.Expressions;

/// <summary>What a token is.</summary>
internal enum TokenKind
{
    /// <summary>Behind the last one.</summary>
    End,

    /// <summary>A bare word: a keyword or a name.</summary>
    Word,

    /// <summary>A name in double quotes, without them.</summary>
    QuotedName,

    /// <summary>Digits.</summary>
    Integer,

    /// <summary>Digits with a fraction or an exponent.</summary>
    Float,

    /// <summary>A text in single quotes, without them.</summary>
    Text,

    /// <summary>An operator or a mark.</summary>
    Symbol,
}

/// <summary>One token.</summary>
/// <param name="Kind">What it is.</param>
/// <param name="Text">What it says; quotes are resolved.</param>
/// <param name="Column">Where it begins: characters before it, plus 1.</param>
internal readonly record struct SqlToken(TokenKind Kind, string Text, int Column)
{
    /// <summary>It is a bare word with this spelling, in any case.</summary>
    public bool IsWord(string word) => Kind == TokenKind.Word && Text.Equals(word, StringComparison.OrdinalIgnoreCase);

    /// <summary>It is this symbol.</summary>
    public bool IsSymbol(string symbol) => Kind == TokenKind.Symbol && Text == symbol;

    /// <summary>How an error message names it.</summary>
    public override string ToString() => Kind switch
    {
        TokenKind.End => "the end",
        TokenKind.Text => $"the text '{Shortened}'",
        TokenKind.QuotedName => $"the name \"{Shortened}\"",
        _ => $"'{Shortened}'",
    };

    private string Shortened => Text.Length > 40 ? Text[..40] + "…" : Text;
}
