using System.Runtime.InteropServices;
using System.Text.Json;
using Cairn.Functions.Answers;

namespace Cairn.Functions.Mcp;

/// <summary>What a tool answers.</summary>
/// <param name="Text">For the model.</param>
/// <param name="Structured">The same for programs, of the tool's output schema; null: it failed.</param>
internal sealed record ToolAnswer(string Text, JsonElement? Structured)
{
    /// <summary>What went wrong, in words that a model can act on.</summary>
    public static ToolAnswer Failed(string text) => new(text, null);

    /// <summary>An object as the reference memory server gives it: its text is indented.</summary>
    public static ToolAnswer Of(Action<JsonWriter> write)
    {
        var structured = Parse(write);
        return new(JsonText.Indented(JsonMarshal.GetRawUtf8Value(structured)), structured);
    }

    /// <summary>An object of one member, of which the text has only the value.</summary>
    public static ToolAnswer OfMember(string name, Action<JsonWriter> write)
    {
        var structured = Parse(write);
        return new(JsonText.Indented(JsonMarshal.GetRawUtf8Value(structured.GetProperty(name))), structured);
    }

    /// <summary>An object whose text costs as few tokens as it can.</summary>
    public static ToolAnswer Compact(Action<JsonWriter> write)
    {
        var structured = Parse(write);
        return new(JsonText.Compact(JsonMarshal.GetRawUtf8Value(structured)), structured);
    }

    /// <summary>That all of it was done.</summary>
    public static ToolAnswer Done(string message)
    {
        var structured = Parse(json =>
        {
            json.WriteStartObject();
            json.WriteBoolean("success"u8, true);
            json.WriteString("message"u8, message);
            json.WriteEndObject();
        });
        return new(message, structured);
    }

    private static JsonElement Parse(Action<JsonWriter> write)
    {
        using var answer = JsonAnswer.Rent();
        write(answer.Json);

        // The document keeps what it was parsed from; the writer's buffer is used again.
        return JsonDocument.Parse(answer.Json.Written.ToArray()).RootElement;
    }
}
