using System.Text;
using Cairn.Model;
using Cairn.Primitives;
using Cairn.Query.Expressions;

namespace Cairn.Query;

/// <summary>The name of a field of concepts, as in a condition: <c>born</c>, <c>address.city</c>, <c>attributes."any ""name"""</c>. Immutable.</summary>
public sealed class FieldName
{
    private FieldName(string text, string field, FieldReference reference) => (Text, Field, Reference) = (text, field, reference);

    /// <summary>As it was written.</summary>
    public string Text { get; }

    /// <summary>The request's field, for errors that the values bring.</summary>
    internal string Field { get; }

    internal FieldReference Reference { get; }

    /// <summary>It is the array of labels, which neither orders nor groups.</summary>
    internal bool IsLabels => Reference.Field == ConceptField.Labels;

    /// <summary>Reads a name of up to <see cref="Limits.FieldNameBytes"/>.</summary>
    /// <param name="text">The name and nothing else.</param>
    /// <param name="field">The request's field, for the error: a parameter's name or a JSON pointer.</param>
    /// <exception cref="CairnException">Invalid: <c>syntax</c>, with the column; <c>limit</c>.</exception>
    public static FieldName Parse(string text, string field)
    {
        ArgumentNullException.ThrowIfNull(text);
        if (Encoding.UTF8.GetByteCount(text) is var bytes && bytes > Limits.FieldNameBytes)
        {
            throw CairnException.OverLimit(field, $"a name may have {Limits.FieldNameBytes} bytes at most", Limits.FieldNameBytes, bytes);
        }

        try
        {
            var tokens = new TokenReader(text, "a name");
            var reference = tokens.TakeField("a name");
            tokens.End("a dot");
            return new(text, field, reference);
        }
        catch (CairnException refusal) when (refusal.Kind == ErrorKind.Invalid)
        {
            throw SyntaxError.In(field, refusal);
        }
    }
}
