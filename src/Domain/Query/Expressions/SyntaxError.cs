using Cairn.Primitives;

namespace Cairn.Query.Expressions;

/// <summary>What is wrong with the text of a query, and where.</summary>
internal static class SyntaxError
{
    /// <summary>An error at a column, counted from 1.</summary>
    public static CairnException At(int column, string message) =>
        new(ErrorKind.Invalid, $"column {column}: {message}") { Problem = "syntax", Column = column };
}
