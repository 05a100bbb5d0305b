using Cairn.Model;
using Cairn.Primitives;
using Cairn.Query.Expressions;

namespace Cairn.Query;

/// <summary>
/// An order of concepts, such as <c>born desc, name</c>: bool before number, datetime, string and bytes, numbers by their exact value, texts and
/// bytes by bytes; null comes last, also where the rest goes down, and what is equal goes by id. Immutable; any thread.
/// </summary>
public sealed class OrderBy
{
    private OrderBy(string text, string field, List<OrderTerm> terms) => (Text, Field, Terms) = (text, field, terms);

    /// <summary>As it was written.</summary>
    public string Text { get; }

    /// <summary>The request's field, for errors that the values bring.</summary>
    internal string Field { get; }

    /// <summary>At least one; nothing behind the id, which decides.</summary>
    internal IReadOnlyList<OrderTerm> Terms { get; }

    /// <summary>It is the order of a list that names none.</summary>
    public bool IsById => Terms is [{ Field.Field: ConceptField.Id, Descending: false }];

    /// <summary>It depends on the time of the question.</summary>
    internal bool UsesNow => Terms.Any(static term => term.Field.Field == ConceptField.CurrentStrength);

    /// <summary>Reads an order of up to <see cref="Limits.OrderTerms"/> terms.</summary>
    /// <param name="text">Names as in a condition with commas between them, each with <c>asc</c> (which may be left out) or <c>desc</c> behind it.</param>
    /// <param name="field">The request's field, for the error: a parameter's name or a JSON pointer.</param>
    /// <exception cref="CairnException">Invalid: <c>syntax</c>, with the column; <c>limit</c>; a member that is an array.</exception>
    public static OrderBy Parse(string text, string field)
    {
        ArgumentNullException.ThrowIfNull(text);
        try
        {
            return new(text, field, Read(text));
        }
        catch (CairnException refusal) when (refusal.Kind == ErrorKind.Invalid)
        {
            throw SyntaxError.In(field, refusal);
        }
    }

    private static List<OrderTerm> Read(string text)
    {
        var tokens = new TokenReader(text, "an order");
        var (terms, count, isDecided) = (new List<OrderTerm>(), 0, false);
        do
        {
            var term = ReadTerm(tokens);
            if (++count > Limits.OrderTerms)
            {
                throw TokenReader.OverLimit("an order", Limits.OrderTerms, "terms", count);
            }

            if (!isDecided)
            {
                terms.Add(term);
            }

            isDecided |= term.Field.Field == ConceptField.Id;
        }
        while (tokens.TryTakeSymbol(","));

        tokens.End("asc, desc, a comma");
        return terms;
    }

    private static OrderTerm ReadTerm(TokenReader tokens)
    {
        var column = tokens.Next.Column;
        var field = tokens.TakeField("a name");
        if (field.Field == ConceptField.Labels)
        {
            throw SyntaxError.At(column, "labels is an array, which has no order");
        }

        var descending = tokens.TryTakeWord("DESC");
        if (!descending)
        {
            tokens.TryTakeWord("ASC");
        }

        return new(field, descending);
    }
}

/// <summary>One field to sort by.</summary>
internal sealed record OrderTerm(FieldReference Field, bool Descending);
