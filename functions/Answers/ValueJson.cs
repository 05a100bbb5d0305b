using System.Globalization;
using System.Text.Json;
using Cairn.Formats;
using Cairn.Functions.Json;
using Cairn.Model;
using Cairn.Primitives;

namespace Cairn.Functions.Answers;

/// <summary>Typed values as JSON: int64 without a fraction and float64 with one, so that both come back as they were.</summary>
internal static class ValueJson
{
    private const int MaxNumberBytes = 40;

    private static readonly JsonEncodedText DateTimeEscape = JsonEncodedText.Encode("$datetime"), BytesEscape = JsonEncodedText.Encode("$bytes");

    public static void Write(Utf8JsonWriter json, ValueView value)
    {
        switch (value.Kind)
        {
            case ValueKind.Null:
                json.WriteNullValue();
                break;
            case ValueKind.Bool:
                json.WriteBooleanValue(value.Bits != 0);
                break;
            case ValueKind.Int64:
                json.WriteNumberValue(value.Bits);
                break;
            case ValueKind.Float64:
                WriteFloat(json, BitConverter.Int64BitsToDouble(value.Bits));
                break;
            case ValueKind.String:
                json.WriteStringValue(value.Bytes);
                break;
            case ValueKind.DateTime:
                json.WriteStartObject();
                json.WritePropertyName(DateTimeEscape);
                WriteInstant(json, new(value.Bits));
                json.WriteEndObject();
                break;
            case ValueKind.Bytes:
                WriteBytes(json, value.Bytes);
                break;
            case ValueKind.Array:
                WriteArray(json, value);
                break;
            default:
                WriteObject(json, value);
                break;
        }
    }

    /// <summary>A member's name that callers chose: one that begins with <c>$</c> gets another.</summary>
    public static void WriteName(Utf8JsonWriter json, ReadOnlySpan<byte> name)
    {
        if (name is not [(byte)'$', ..])
        {
            json.WritePropertyName(name);
            return;
        }

        Span<byte> escaped = stackalloc byte[1 + Limits.NameBytes];
        escaped[0] = (byte)'$';
        name.CopyTo(escaped[1..]);
        json.WritePropertyName(escaped[..(1 + name.Length)]);
    }

    /// <summary><c>{"$bytes":"base64"}</c></summary>
    public static void WriteBytes(Utf8JsonWriter json, ReadOnlySpan<byte> bytes)
    {
        json.WriteStartObject();
        json.WriteBase64String(BytesEscape, bytes);
        json.WriteEndObject();
    }

    public static void WriteInstant(Utf8JsonWriter json, Timestamp instant)
    {
        Span<byte> room = stackalloc byte[InstantText.MaxLength];
        json.WriteStringValue(InstantText.Format(instant, room));
    }

    public static void WriteFloat(Utf8JsonWriter json, double value)
    {
        Span<byte> room = stackalloc byte[MaxNumberBytes];
        value.TryFormat(room, out var length, default, CultureInfo.InvariantCulture);
        WriteFraction(json, room, length);
    }

    /// <summary>The shortest text that gives the same float32 again.</summary>
    public static void WriteFloat(Utf8JsonWriter json, float value)
    {
        Span<byte> room = stackalloc byte[MaxNumberBytes];
        value.TryFormat(room, out var length, default, CultureInfo.InvariantCulture);
        WriteFraction(json, room, length);
    }

    /// <summary>The components of a vector.</summary>
    public static void WriteVector(Utf8JsonWriter json, ReadOnlySpan<float> components)
    {
        json.WriteStartArray();
        foreach (var component in components)
        {
            WriteFloat(json, component);
        }

        json.WriteEndArray();
    }

    private static void WriteFraction(Utf8JsonWriter json, Span<byte> text, int length)
    {
        if (!text[..length].ContainsAny((byte)'.', (byte)'E'))
        {
            ".0"u8.CopyTo(text[length..]);
            length += 2;
        }

        json.WriteRawValue(text[..length], skipInputValidation: true);
    }

    private static void WriteArray(Utf8JsonWriter json, ValueView value)
    {
        json.WriteStartArray();
        for (var items = value.Items(); items.TryRead(out var item);)
        {
            Write(json, item);
        }

        json.WriteEndArray();
    }

    private static void WriteObject(Utf8JsonWriter json, ValueView value)
    {
        json.WriteStartObject();
        for (var members = value.Members(); members.TryRead(out var name, out var member);)
        {
            WriteName(json, name);
            Write(json, member);
        }

        json.WriteEndObject();
    }
}
