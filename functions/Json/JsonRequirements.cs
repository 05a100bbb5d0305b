using System.Buffers.Text;
using System.Text;
using Cairn.Functions.Problems;

namespace Cairn.Functions.Json;

/// <summary>Reads a node as the type that its place asks for, or refuses it with its pointer.</summary>
internal static class JsonRequirements
{
    public static JsonNode RequireObject(this JsonNode node) => Require(node, JsonKind.Object, "an object");

    public static JsonNode RequireArray(this JsonNode node) => Require(node, JsonKind.Array, "an array");

    public static ReadOnlySpan<byte> RequireText(this JsonNode node) => Require(node, JsonKind.String, "a string").Text;

    /// <summary>An array of nothing but strings.</summary>
    public static JsonNode RequireTexts(this JsonNode node)
    {
        foreach (var item in node.RequireArray().Items)
        {
            item.RequireText();
        }

        return node;
    }

    public static bool RequireBool(this JsonNode node) => node.Kind switch
    {
        JsonKind.True => true,
        JsonKind.False => false,
        _ => throw node.Refuse("must be true or false"),
    };

    /// <summary>An integer literal from <paramref name="least"/> to <paramref name="most"/>.</summary>
    public static long RequireInteger(this JsonNode node, long least, long most)
    {
        Require(node, JsonKind.Number, "an integer");
        if (!Utf8Parser.TryParse(node.Text, out long value, out var read) || read != node.Text.Length)
        {
            throw node.Refuse("must be an integer");
        }

        return value < least || value > most
            ? throw node.OverLimit($"must be {least} to {most}", value > most ? most : least, value)
            : value;
    }

    public static double RequireNumber(this JsonNode node)
    {
        Require(node, JsonKind.Number, "a number");
        return Utf8Parser.TryParse(node.Text, out double value, out _) && double.IsFinite(value)
            ? value
            : throw node.Refuse("the number is out of range");
    }

    /// <summary>One of a few words; their order is that of the answer.</summary>
    public static int RequireWord(this JsonNode node, params ReadOnlySpan<string> words)
    {
        for (var i = 0; i < words.Length && node.Kind == JsonKind.String; i++)
        {
            if (Ascii.Equals(node.Text, words[i]))
            {
                return i;
            }
        }

        throw node.Refuse($"must be one of {string.Join(", ", words.ToArray())}");
    }

    private static JsonNode Require(JsonNode node, JsonKind kind, string what) => node.Kind == kind ? node : throw node.Refuse($"must be {what}");
}
