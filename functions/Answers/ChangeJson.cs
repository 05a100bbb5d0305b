using Cairn.Formats;
using Cairn.Reconciliation.Changes;

namespace Cairn.Functions.Answers;

/// <summary>A change in the shape of the contract.</summary>
internal static class ChangeJson
{
    public static void Write(JsonWriter json, Change change)
    {
        json.WriteStartObject();
        json.WriteNumber("position"u8, change.Position.Value);
        json.WriteString("id"u8, change.CommitId);
        json.WritePropertyName("time"u8);
        ValueJson.WriteInstant(json, change.Time);
        WriteMeta(json, change);
        json.WriteStartArray("operations"u8);
        for (var reader = new CommitReader(change.Body); reader.TryReadOperation(out var operation);)
        {
            OperationJson.Write(json, operation);
        }

        json.WriteEndArray();
        OutcomeJson.WriteResults(json, change.Results, change.Body);
        json.WriteEndObject();
    }

    private static void WriteMeta(JsonWriter json, Change change)
    {
        if (change.ReadMeta() is not { } meta)
        {
            json.WriteNull("meta"u8);
            return;
        }

        json.WriteStartObject("meta"u8);
        if (meta.Actor is { } actor)
        {
            json.WriteString("actor"u8, actor);
        }

        if (meta.Note is { } note)
        {
            json.WriteString("note"u8, note);
        }

        json.WriteEndObject();
    }
}
