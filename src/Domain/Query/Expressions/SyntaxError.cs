using Cairn.Primitives;

namespace Cairn.Query.Expressions;

/// <summary>What is wrong with the text of a query, and where.</summary>
internal static class SyntaxError
{
    /// <summary>An error at a column, counted from 1.</summary>
    public static CairnException At(int column, string message) =>
        new(ErrorKind.Invalid, $"column {column}: {message}") { Problem = "syntax", Column = column };

    /// <summary>A refusal that says in which field of the request the text stands: a parameter's name or a JSON pointer.</summary>
    public static CairnException In(string field, CairnException refusal) => new(refusal.Kind, refusal.Message)
    {
        Problem = refusal.Problem,
        Field = field,
        Column = refusal.Column,
        Limit = refusal.Limit,
        Actual = refusal.Actual,
    };
}
