using Cairn.Formats;
using Cairn.Model;

namespace Cairn.Functions.Answers;

/// <summary>The parts of a patch: set, remove, add, removeItems. Each is there if the patch has something for it.</summary>
internal static class PatchJson
{
    private static readonly (Members Member, byte[] Name)[] Names =
    [
        (Members.Labels, "labels"u8.ToArray()), (Members.Content, "content"u8.ToArray()), (Members.MediaType, "mediaType"u8.ToArray()), (Members.Attributes, "attributes"u8.ToArray()),
        (Members.Vector, "vector"u8.ToArray()), (Members.Strength, "strength"u8.ToArray()), (Members.Confidence, "confidence"u8.ToArray()), (Members.ValidFrom, "validFrom"u8.ToArray()),
        (Members.ValidTo, "validTo"u8.ToArray()), (Members.ExpiresAt, "expiresAt"u8.ToArray()),
    ];

    public static void Write(JsonWriter json, ReadOnlySpan<byte> fields)
    {
        var has = Has(fields);
        if (has.Set)
        {
            json.WriteStartObject("set"u8);
            FieldJson.WriteMembers(json, fields);
            json.WriteEndObject();
        }

        if (has.Remove)
        {
            WriteRemove(json, fields);
        }

        if (has.Add)
        {
            WriteItems(json, "add"u8, fields, FieldTag.AddLabels, FieldTag.AddItems);
        }

        if (has.RemoveItems)
        {
            WriteItems(json, "removeItems"u8, fields, FieldTag.RemoveLabels, FieldTag.RemoveItems);
        }
    }

    private static (bool Set, bool Remove, bool Add, bool RemoveItems) Has(ReadOnlySpan<byte> fields)
    {
        var has = (Set: false, Remove: false, Add: false, RemoveItems: false);
        for (var reader = new FieldReader(fields); reader.TryRead(out var tag, out _);)
        {
            has.Set |= FieldJson.IsMember(tag);
            has.Remove |= tag is FieldTag.RemoveMembers or FieldTag.RemoveAttributes;
            has.Add |= tag is FieldTag.AddLabels or FieldTag.AddItems;
            has.RemoveItems |= tag is FieldTag.RemoveLabels or FieldTag.RemoveItems;
        }

        return has;
    }

    private static void WriteRemove(JsonWriter json, ReadOnlySpan<byte> fields)
    {
        var members = Members.None;
        var attributes = default(ReadOnlySpan<byte>);
        for (var reader = new FieldReader(fields); reader.TryRead(out var tag, out var payload);)
        {
            members |= tag == FieldTag.RemoveMembers ? FieldPayload.Members(payload) : Members.None;
            attributes = tag == FieldTag.RemoveAttributes ? payload : attributes;
        }

        json.WriteStartObject("remove"u8);
        foreach (var (member, name) in Names)
        {
            if ((members & member) != 0)
            {
                json.WriteBoolean(name, true);
            }
        }

        // All of them go: then it says nothing that some do.
        if (!attributes.IsEmpty && (members & Members.Attributes) == 0)
        {
            json.WriteStartArray("attributes"u8);
            for (var names = new NameListReader(attributes, wideCount: true); names.TryRead(out var name);)
            {
                json.WriteStringValue(name);
            }

            json.WriteEndArray();
        }

        json.WriteEndObject();
    }

    private static void WriteItems(JsonWriter json, ReadOnlySpan<byte> part, ReadOnlySpan<byte> fields, FieldTag labels, FieldTag items)
    {
        json.WriteStartObject(part);
        for (var reader = new FieldReader(fields); reader.TryRead(out var tag, out var payload);)
        {
            if (tag == labels)
            {
                FieldJson.WriteLabels(json, payload);
            }
            else if (tag == items)
            {
                FieldJson.WriteAttributes(json, payload);
            }
        }

        json.WriteEndObject();
    }
}
