using System.Buffers;
using System.Buffers.Text;
using Cairn.Formats;
using Cairn.Functions.Problems;
using Cairn.Model;
using Cairn.Primitives;

namespace Cairn.Functions.Json;

/// <summary>Attribute values from JSON straight into the open commit: an integer literal is int64, any other number float64, `$` members are escapes.</summary>
internal static class ValueReading
{
    /// <summary>Writes one value; the node is marked, so that the writer's own refusals are pinned to it.</summary>
    public static void Write(JsonNode node, CommitWriter writer)
    {
        node.Mark();
        switch (node.Kind)
        {
            case JsonKind.Null:
                writer.Null();
                break;
            case JsonKind.True or JsonKind.False:
                writer.Bool(node.Kind == JsonKind.True);
                break;
            case JsonKind.Number:
                WriteNumber(node, writer);
                break;
            case JsonKind.String:
                writer.String(node.Text);
                break;
            case JsonKind.Array:
                WriteArray(node, writer);
                break;
            default:
                WriteObject(node, writer);
                break;
        }
    }

    /// <summary>A member's own name: <c>$$x</c> stands for <c>$x</c>; a single <c>$</c> is kept for types.</summary>
    public static ReadOnlySpan<byte> OwnName(JsonMember member)
    {
        var name = member.Name;
        return name switch
        {
            [(byte)'$', (byte)'$', ..] => name[1..],
            [(byte)'$', ..] => throw member.NameNode.Refuse($"'{member.NameNode}' names no type; a name that begins with $ is written with $$"),
            _ => name,
        };
    }

    /// <summary>The bytes of <c>{"$bytes":"base64"}</c>, in an array that the caller returns to the shared pool.</summary>
    public static byte[] RentBytes(JsonNode text, out int lengthBytes)
    {
        var encoded = text.RequireText();
        var bytes = ArrayPool<byte>.Shared.Rent(Base64.GetMaxDecodedFromUtf8Length(encoded.Length));
        if (Base64.DecodeFromUtf8(encoded, bytes, out _, out lengthBytes) == OperationStatus.Done)
        {
            return bytes;
        }

        ArrayPool<byte>.Shared.Return(bytes);
        throw text.Refuse("must be base64");
    }

    /// <summary>Whether the node is <c>{"name": …}</c> and nothing else.</summary>
    public static bool IsEscape(JsonNode node, ReadOnlySpan<byte> name, out JsonNode inner)
    {
        inner = default;
        return node.Kind == JsonKind.Object && node.Count == 1 && node.TryGet(name, out inner);
    }

    private static void WriteNumber(JsonNode node, CommitWriter writer)
    {
        if (node.Text.ContainsAny((byte)'.', (byte)'e', (byte)'E'))
        {
            writer.Float64(node.RequireNumber());
            return;
        }

        writer.Int64(Utf8Parser.TryParse(node.Text, out long value, out _)
            ? value
            : throw node.Refuse("an integer lies between -2^63 and 2^63-1; write a fraction or an exponent for a float"));
    }

    private static void WriteArray(JsonNode node, CommitWriter writer)
    {
        RequireItems(node);
        writer.BeginArray();
        foreach (var item in node.Items)
        {
            Write(item, writer);
        }

        writer.EndArray();
    }

    private static void WriteObject(JsonNode node, CommitWriter writer)
    {
        if (node.Count == 1 && TryWriteEscape(node, writer))
        {
            return;
        }

        RequireItems(node);
        writer.BeginObject();
        foreach (var member in node.Members)
        {
            member.NameNode.Mark();
            writer.Member(OwnName(member));
            Write(member.Value, writer);
        }

        writer.EndObject();
    }

    private static bool TryWriteEscape(JsonNode node, CommitWriter writer)
    {
        if (IsEscape(node, "$datetime"u8, out var inner))
        {
            writer.DateTime(RequireInstant(inner));
        }
        else if (IsEscape(node, "$int64"u8, out inner))
        {
            writer.Int64(RequireInt64(inner));
        }
        else if (IsEscape(node, "$float64"u8, out inner))
        {
            writer.Float64(inner.RequireNumber());
        }
        else if (IsEscape(node, "$bytes"u8, out inner))
        {
            var bytes = RentBytes(inner, out var lengthBytes);
            writer.Bytes(bytes.AsSpan(0, lengthBytes));
            ArrayPool<byte>.Shared.Return(bytes);
        }
        else
        {
            return false;
        }

        return true;
    }

    /// <summary>An RFC 3339 instant.</summary>
    public static Timestamp RequireInstant(JsonNode node) => InstantText.TryParse(node.RequireText(), out var instant)
        ? instant
        : throw node.Refuse("must be an instant such as 2026-01-31T12:00:00Z");

    private static long RequireInt64(JsonNode node) =>
        node.Kind is JsonKind.String or JsonKind.Number && Utf8Parser.TryParse(node.Text, out long value, out var read) && read == node.Text.Length && read > 0
            ? value
            : throw node.Refuse("must be a 64-bit integer");

    private static void RequireItems(JsonNode node)
    {
        if (node.Count > Limits.Items)
        {
            throw node.OverLimit($"at most {Limits.Items} values", Limits.Items, node.Count);
        }
    }
}
