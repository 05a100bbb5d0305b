using System.Globalization;
using System.Text;
using Cairn.Model;
using Cairn.Query.Expressions;

namespace Cairn.Domain.Tests.Query.Expressions;

/// <summary>Writes expressions so that their structure can be read: every operator in parentheses, in front.</summary>
internal static class ExpressionText
{
    public static string Of(Expression expression) => expression switch
    {
        And and => $"(and {string.Join(' ', and.Terms.Select(Of))})",
        Or or => $"(or {string.Join(' ', or.Terms.Select(Of))})",
        Not not => $"(not {Of(not.Operand)})",
        Comparison comparison => $"({comparison.Operator} {Of(comparison.Left)} {Of(comparison.Right)})",
        IsNull isNull => $"(null {Of(isNull.Operand)})",
        InList list => $"(in {Of(list.Operand)} {string.Join(' ', list.Items.Select(item => Of(item.Value)))})",
        Like like => $"(like {Of(like.Operand)})",
        Contains contains => $"(contains {Of(contains.Operand)} {Of(contains.Item.Value)})",
        IsTrue isTrue => $"(true {Of(isTrue.Operand)})",
        _ => throw new InvalidOperationException(expression.ToString()),
    };

    private static string Of(Operand operand) => operand switch
    {
        Constant constant => Of(constant.Value),
        FieldReference { Field: ConceptField.Attribute } field => "@" + string.Join('.', field.Path.Prepend(field.Attribute).Select(name => Encoding.UTF8.GetString(name.Span))),
        FieldReference field => field.Field.ToString(),
        _ => throw new InvalidOperationException(operand.ToString()),
    };

    private static string Of(Value value) => value.Kind switch
    {
        ValueKind.Null => "null",
        ValueKind.Bool => value.AsBool ? "true" : "false",
        ValueKind.Int64 => value.AsInt64.ToString(CultureInfo.InvariantCulture),
        ValueKind.Float64 => value.AsFloat64.ToString("0.0###", CultureInfo.InvariantCulture),
        ValueKind.String => $"'{value.AsString}'",
        ValueKind.DateTime => value.AsDateTime.ToString(),
        _ => throw new InvalidOperationException(value.Kind.ToString()),
    };
}
