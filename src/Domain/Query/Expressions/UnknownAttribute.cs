using Cairn.Snapshots;

namespace Cairn.Query.Expressions;

/// <summary>Finds attributes that a condition names and no concept has: a name that is misspelt, most often. Stateless; any thread.</summary>
internal static class UnknownAttribute
{
    /// <summary>The first one that has no column; null: each has one.</summary>
    /// <param name="expression">The condition.</param>
    /// <param name="layout">The columns; attributes that have none are in no concept.</param>
    public static FieldReference? Find(Expression expression, AttributeLayout layout) => expression switch
    {
        And and => First(and.Terms, layout),
        Or or => First(or.Terms, layout),
        Not not => Find(not.Operand, layout),
        Comparison comparison => Find(comparison.Left, layout) ?? Find(comparison.Right, layout),
        IsNull isNull => Find(isNull.Operand, layout),
        InList list => Find(list.Operand, layout),
        Like like => Find(like.Operand, layout),
        Contains contains => Find(contains.Operand, layout),
        IsTrue isTrue => Find(isTrue.Operand, layout),
        _ => null,
    };

    private static FieldReference? First(IReadOnlyList<Expression> terms, AttributeLayout layout)
    {
        foreach (var term in terms)
        {
            if (Find(term, layout) is { } field)
            {
                return field;
            }
        }

        return null;
    }

    private static FieldReference? Find(Operand operand, AttributeLayout layout) =>
        operand is FieldReference { Field: ConceptField.Attribute } field && layout.Of(field.Attribute.Span).IsEmpty ? field : null;
}
