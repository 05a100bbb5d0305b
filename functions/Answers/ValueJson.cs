using System.Globalization;
using Cairn.Formats;
using Cairn.Functions.Json;
using Cairn.Model;
using Cairn.Primitives;

namespace Cairn.Functions.Answers;

/// <summary>Typed values as JSON: int64 without a fraction and float64 with one, so that both come back as they were.</summary>
internal static class ValueJson
{
    private const int MaxNumberBytes = 40;
    private const int MaxWhole = 1_000_000;

    public static void Write(JsonWriter json, ValueView value)
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
                json.WritePropertyName("$datetime"u8);
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
    public static void WriteName(JsonWriter json, ReadOnlySpan<byte> name)
    {
        if (name is not [(byte)'$', ..])
        {
            json.WriteChosenName(name);
            return;
        }

        Span<byte> escaped = stackalloc byte[1 + Limits.NameBytes];
        escaped[0] = (byte)'$';
        name.CopyTo(escaped[1..]);
        json.WriteChosenName(escaped[..(1 + name.Length)]);
    }

    /// <summary><c>{"$bytes":"base64"}</c></summary>
    public static void WriteBytes(JsonWriter json, ReadOnlySpan<byte> bytes)
    {
        json.WriteStartObject();
        json.WriteBase64String("$bytes"u8, bytes);
        json.WriteEndObject();
    }

    public static void WriteInstant(JsonWriter json, Timestamp instant)
    {
        var room = json.BeginValue(InstantText.MaxLength + 2);
        room[0] = (byte)'"';
        var length = InstantText.Format(instant, room[1..]).Length;
        room[length + 1] = (byte)'"';
        json.EndValue(length + 2);
    }

    public static void WriteFloat(JsonWriter json, double value)
    {
        var room = json.BeginValue(MaxNumberBytes);
        if (!TryFormatWhole(value, room, out var length))
        {
            value.TryFormat(room, out length, default, CultureInfo.InvariantCulture);
        }

        json.EndValue(WithFraction(room, length));
    }

    /// <summary>The shortest text that gives the same float32 again.</summary>
    public static void WriteFloat(JsonWriter json, float value)
    {
        var room = json.BeginValue(MaxNumberBytes);
        if (!TryFormatWhole(value, room, out var length))
        {
            value.TryFormat(room, out length, default, CultureInfo.InvariantCulture);
        }

        json.EndValue(WithFraction(room, length));
    }

    /// <summary>The components of a vector.</summary>
    public static void WriteVector(JsonWriter json, ReadOnlySpan<float> components)
    {
        json.WriteStartArray();
        foreach (var component in components)
        {
            WriteFloat(json, component);
        }

        json.WriteEndArray();
    }

    // Strengths, counts and the like: the shortest text of a float takes much longer to find. Larger ones may be written with an exponent; −0 has a sign.
    private static bool TryFormatWhole(double value, Span<byte> room, out int length)
    {
        var whole = (int)value;
        length = 0;
        return whole == value && whole is > -MaxWhole and < MaxWhole && (whole != 0 || !double.IsNegative(value))
            && whole.TryFormat(room, out length, default, CultureInfo.InvariantCulture);
    }

    private static int WithFraction(Span<byte> text, int length)
    {
        if (text[..length].ContainsAny((byte)'.', (byte)'E'))
        {
            return length;
        }

        ".0"u8.CopyTo(text[length..]);
        return length + 2;
    }

    private static void WriteArray(JsonWriter json, ValueView value)
    {
        json.WriteStartArray();
        for (var items = value.Items(); items.TryRead(out var item);)
        {
            Write(json, item);
        }

        json.WriteEndArray();
    }

    private static void WriteObject(JsonWriter json, ValueView value)
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
