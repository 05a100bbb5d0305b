using System.Globalization;
using Cairn.Model;
using Cairn.Primitives;

namespace Cairn.Query.Expressions;

/// <summary>Values as a query writes them.</summary>
internal static class Literals
{
    /// <summary>An integer of 64 bits, or a finite float.</summary>
    /// <exception cref="CairnException">Invalid, <c>syntax</c>: beyond either.</exception>
    public static Value Number(in SqlToken digits, bool isNegative)
    {
        var text = isNegative ? "-" + digits.Text : digits.Text;
        if (digits.Kind == TokenKind.Integer)
        {
            return long.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var integer)
                ? integer
                : throw SyntaxError.At(digits.Column, "an integer lies beyond 64 bits; with a fraction it is a float");
        }

        var number = double.Parse(text, NumberStyles.Float, CultureInfo.InvariantCulture);
        return double.IsFinite(number) ? number : throw SyntaxError.At(digits.Column, "a float lies beyond 64 bits");
    }

    /// <summary>A date, which begins at midnight UTC, or an instant with its offset.</summary>
    public static bool TryInstant(string text, out Timestamp instant)
    {
        if (DateOnly.TryParseExact(text, "yyyy-MM-dd", CultureInfo.InvariantCulture, DateTimeStyles.None, out var date))
        {
            instant = Timestamp.From(new(date, TimeOnly.MinValue, TimeSpan.Zero));
            return true;
        }

        return Timestamp.TryParse(text, out instant);
    }
}

/// <summary>Words that are no names unless they are quoted.</summary>
internal static class Keywords
{
    private static readonly HashSet<string> Reserved = new(
        ["and", "or", "not", "is", "in", "like", "contains", "between", "null", "true", "false", "timestamp"], StringComparer.OrdinalIgnoreCase);

    /// <summary>In any case.</summary>
    public static bool IsReserved(string word) => Reserved.Contains(word);
}
