using Cairn.Functions.Answers;
using Cairn.Functions.Json;

namespace Cairn.Functions.Mcp;

/// <summary>Gives back texts as they came.</summary>
internal static class JsonTexts
{
    /// <summary>Writes an array of texts under a name.</summary>
    public static void WriteTexts(this JsonWriter json, ReadOnlySpan<byte> name, JsonNode texts)
    {
        json.WriteStartArray(name);
        foreach (var text in texts.Items)
        {
            json.WriteStringValue(text.Text);
        }

        json.WriteEndArray();
    }
}
