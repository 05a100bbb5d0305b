using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using Cairn.Model;

namespace Cairn.Domain.Tests.Reconciliation.Model;

/// <summary>Values as text: two values are the same, in type and content, if their texts are.</summary>
internal static class Literal
{
    private const int LongestInFull = 64;

    public static string Of(Value value) => value.Kind switch
    {
        ValueKind.Null => "null",
        ValueKind.Bool => value.AsBool ? "true" : "false",
        ValueKind.Int64 => value.AsInt64.ToString(CultureInfo.InvariantCulture),
        ValueKind.Float64 => "f" + (value.AsFloat64 + 0.0).ToString("R", CultureInfo.InvariantCulture),
        ValueKind.String => $"\"{Shorten(value.AsString)}\"",
        ValueKind.DateTime => "@" + value.AsDateTime.Microseconds.ToString(CultureInfo.InvariantCulture),
        ValueKind.Bytes => "#" + Shorten(Convert.ToHexString(value.AsBytes)),
        ValueKind.Array => $"[{string.Join(",", value.AsArray.Select(Of))}]",
        _ => $"{{{string.Join(",", value.AsObject.Select(member => $"{member.Key}:{Of(member.Value)}"))}}}",
    };

    /// <summary>Long texts by length and digest.</summary>
    public static string Shorten(string text) => text.Length <= LongestInFull
        ? text
        : $"{text.Length} characters {Convert.ToHexString(SHA256.HashData(Encoding.UTF8.GetBytes(text)).AsSpan(0, 8))}";
}
