using Cairn.Model;
using Cairn.Primitives;
using Cairn.Query.Expressions;

namespace Cairn.Query.Aggregates;

/// <summary>An order of the rows of an aggregation by its own columns, such as <c>meanAge desc, city</c>.</summary>
internal static class ColumnOrder
{
    /// <summary>Reads an order.</summary>
    /// <param name="text">Up to <see cref="Limits.OrderTerms"/> columns, each with asc or desc; a name as it was given, or in double quotes.</param>
    /// <param name="columns">The names of the columns.</param>
    /// <param name="field">The request's field, for the error.</param>
    /// <exception cref="CairnException">Invalid: <c>syntax</c>, <c>limit</c>, a name that no column has.</exception>
    public static List<(int Column, bool Descending)> Parse(string text, IReadOnlyList<string> columns, string field)
    {
        try
        {
            return Read(text, columns);
        }
        catch (CairnException refusal) when (refusal.Kind == ErrorKind.Invalid)
        {
            throw SyntaxError.In(field, refusal);
        }
    }

    private static List<(int Column, bool Descending)> Read(string text, IReadOnlyList<string> columns)
    {
        var tokens = new TokenReader(text, "an order");
        var terms = new List<(int Column, bool Descending)>();
        do
        {
            var column = ReadColumn(tokens, text, columns);
            var descending = tokens.TryTakeWord("DESC");
            if (!descending)
            {
                tokens.TryTakeWord("ASC");
            }

            terms.Add((column, descending));
            if (terms.Count > Limits.OrderTerms)
            {
                throw TokenReader.OverLimit("an order", Limits.OrderTerms, "terms", terms.Count);
            }
        }
        while (tokens.TryTakeSymbol(","));

        tokens.End("asc, desc, a comma");
        return terms;
    }

    private static int ReadColumn(TokenReader tokens, string text, IReadOnlyList<string> columns)
    {
        var (first, steps) = (tokens.Next, 0);
        do
        {
            steps++;
            if (tokens.Next.Kind is not (TokenKind.Word or TokenKind.QuotedName))
            {
                throw tokens.Unexpected("the name of a column");
            }

            tokens.Take();
        }
        while (tokens.TryTakeSymbol("."));

        var written = text[(first.Column - 1)..(tokens.Next.Column - 1)].TrimEnd();
        for (var column = 0; column < columns.Count; column++)
        {
            if (columns[column] == written || (steps == 1 && columns[column] == first.Text))
            {
                return column;
            }
        }

        throw SyntaxError.At(first.Column, $"there is no column {first}; there are {string.Join(", ", columns)}");
    }
}
