using Cairn.Functions.Keys;
using Cairn.Primitives;

namespace Cairn.Functions.Answers;

/// <summary>A key as callers see it.</summary>
internal static class KeyJson
{
    /// <param name="json">Where to.</param>
    /// <param name="key">Its record.</param>
    /// <param name="text">The key itself, when it was just made; never again.</param>
    public static void Write(JsonWriter json, KeyRecord key, string? text = null)
    {
        json.WriteStartObject();
        json.WriteString("id"u8, key.Id);
        if (text is not null)
        {
            json.WriteString("key"u8, text);
        }

        json.WriteString("name"u8, key.Name);
        json.WriteStartArray("spaces"u8);
        foreach (var space in key.Spaces)
        {
            json.WriteStringValue(space.ToString());
        }

        json.WriteEndArray();
        json.WriteString("scope"u8, ScopeWords.Of(key.Scope));
        WriteInstant(json, "createdAt"u8, key.CreatedAt);
        WriteInstant(json, "expiresAt"u8, key.ExpiresAt);
        WriteInstant(json, "lastUsedAt"u8, key.UsedAt);
        json.WriteEndObject();
    }

    private static void WriteInstant(JsonWriter json, ReadOnlySpan<byte> name, Timestamp? instant)
    {
        if (instant is { } known)
        {
            json.WritePropertyName(name);
            ValueJson.WriteInstant(json, known);
        }
        else
        {
            json.WriteNull(name);
        }
    }
}
