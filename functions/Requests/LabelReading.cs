using Cairn.Functions.Json;
using Cairn.Model;

namespace Cairn.Functions.Requests;

/// <summary>A label that a request selects by.</summary>
internal static class LabelReading
{
    public static string Require(JsonNode label)
    {
        var length = label.RequireText().Length;
        return length == 0 ? throw label.Refuse("a label has 1 to 128 bytes")
            : length > Limits.NameBytes ? throw label.OverLimit("a label has 1 to 128 bytes", Limits.NameBytes, length)
            : label.ToString();
    }
}
