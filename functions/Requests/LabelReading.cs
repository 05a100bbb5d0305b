using Cairn.Functions.Json;
using Cairn.Model;

namespace Cairn.Functions.Requests;

/// <summary>Labels that a request selects by.</summary>
internal static class LabelReading
{
    /// <summary>A label, or an array of some.</summary>
    public static List<string> RequireAny(JsonNode labels)
    {
        if (labels.Kind == JsonKind.String)
        {
            return [Require(labels)];
        }

        if (labels.Kind != JsonKind.Array || labels.Count == 0)
        {
            throw labels.Refuse("must be a label, or an array of some, any of which will do");
        }

        if (labels.Count > Limits.Items)
        {
            throw labels.OverLimit($"at most {Limits.Items} of them", Limits.Items, labels.Count);
        }

        var all = new List<string>(labels.Count);
        foreach (var label in labels.Items)
        {
            all.Add(Require(label));
        }

        return all;
    }

    public static string Require(JsonNode label)
    {
        var length = label.RequireText().Length;
        return length == 0 ? throw label.Refuse("a label has 1 to 128 bytes")
            : length > Limits.NameBytes ? throw label.OverLimit("a label has 1 to 128 bytes", Limits.NameBytes, length)
            : label.ToString();
    }
}
