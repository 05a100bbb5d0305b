using System.Text;
using Cairn.Primitives;
using Cairn.Query.Expressions;
using Cairn.Query.Orders;
using Cairn.Snapshots;
using Cairn.Storage.Lookups;

namespace Cairn.Query;

/// <summary>
/// A condition on concepts, such as <c>born &gt;= 1815 AND NOT retired</c>, in three-valued logic: a concept matches if it is true, not if
/// a missing value leaves it open. Immutable; any thread.
/// </summary>
public sealed class WhereClause
{
    private readonly Expression _expression;

    private WhereClause(string text, Expression expression) => (Text, _expression) = (text, expression);

    /// <summary>As it was written.</summary>
    public string Text { get; }

    /// <summary>Reads a condition of up to 64 KiB.</summary>
    /// <param name="text">The WHERE clause, without the word.</param>
    /// <param name="field">The request's field, for the error: a parameter's name or a JSON pointer.</param>
    /// <exception cref="CairnException">Invalid: <c>syntax</c>, with the column; <c>limit</c>.</exception>
    public static WhereClause Parse(string text, string field)
    {
        ArgumentNullException.ThrowIfNull(text);
        try
        {
            return new(text, ExpressionParser.Parse(text));
        }
        catch (CairnException refusal) when (refusal.Kind == ErrorKind.Invalid)
        {
            throw SyntaxError.In(field, refusal);
        }
    }

    /// <summary>What a lookups index can be asked so that all it is true of are among the answers, few others, it may be; null: nothing that would leave much out.</summary>
    public LookupCondition? ToLookup() => LookupTranslation.Of(_expression);

    /// <summary>The first attribute that it names and no concept of a snapshot ever had; null: none, or it cannot be told, as past <see cref="Model.Limits.AttributeColumns"/> names.</summary>
    public string? FindUnknownAttribute(Snapshot snapshot)
    {
        ArgumentNullException.ThrowIfNull(snapshot);
        var layout = snapshot.Concepts.Layout;
        return layout.ByName.Length < Model.Limits.AttributeColumns && UnknownAttribute.Find(_expression, layout) is { } field ? Encoding.UTF8.GetString(field.Attribute.Span) : null;
    }

    /// <summary>For testing many concepts.</summary>
    internal ConceptFilter FilterOf(Snapshot snapshot, Timestamp now, WorkMeter work) => new(snapshot, now, _expression, work);

    /// <summary>For testing whole row groups.</summary>
    internal GroupEvaluator GroupsOf(Snapshot snapshot, Timestamp now, WorkMeter work) => new(snapshot, now, _expression, work);

    /// <summary>What it says of the place of a field's values in their order.</summary>
    internal OrderBounds BoundsOf(FieldReference field) => OrderBounds.Of(_expression, field);

    /// <summary>Whether it is true of a concept row.</summary>
    internal bool Matches(RowEvaluator evaluator, int row) => evaluator.Evaluate(_expression, row) == Truth.True;
}
