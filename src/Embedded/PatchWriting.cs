using Cairn.Formats;
using Cairn.Model;

namespace Cairn.Embedded;

/// <summary>Writes a patch as one operation.</summary>
internal static class PatchWriting
{
    /// <exception cref="Primitives.CairnException">Invalid: a member, named in Field. The operation was abandoned.</exception>
    public static void Patch(this CommitWriter writer, string id, ConceptPatch patch, OnMissing onMissing)
    {
        writer.BeginPatch(StrictUtf8.Encode(id, "id"), onMissing);
        try
        {
            WriteMembers(writer, patch);
            WriteLabels(writer, patch);
            WriteAttributes(writer, patch);
            writer.EndOperation();
        }
        catch
        {
            writer.AbandonOperation();
            throw;
        }
    }

    private static void WriteMembers(CommitWriter writer, ConceptPatch patch)
    {
        if (patch.Content is { } content)
        {
            writer.Content(StrictUtf8.Encode(content, "content"));
        }

        if (patch.Vector is { } vector)
        {
            writer.Vector(vector);
        }

        if (patch.Strength is { } strength)
        {
            writer.Strength(strength);
        }

        if (patch.Confidence is { } confidence)
        {
            writer.Confidence(confidence);
        }

        if (patch.ValidTo is { } end)
        {
            writer.ValidTo(end);
        }

        if (patch.ExpiresAt is { } expiry)
        {
            writer.ExpiresAt(expiry);
        }

        if (patch.Remove != Members.None)
        {
            writer.RemoveMembers(patch.Remove);
        }
    }

    private static void WriteLabels(CommitWriter writer, ConceptPatch patch)
    {
        if (patch.Labels is { } labels)
        {
            writer.BeginLabels();
            WriteNames(writer, labels);
        }

        if (patch.AddLabels.Count > 0)
        {
            writer.BeginAddLabels();
            WriteNames(writer, patch.AddLabels);
        }

        if (patch.RemoveLabels.Count > 0)
        {
            writer.BeginRemoveLabels();
            WriteNames(writer, patch.RemoveLabels);
        }
    }

    private static void WriteNames(CommitWriter writer, IReadOnlyList<string> labels)
    {
        foreach (var label in labels)
        {
            writer.Label(StrictUtf8.Encode(label, "labels"));
        }

        writer.EndLabels();
    }

    private static void WriteAttributes(CommitWriter writer, ConceptPatch patch)
    {
        if (patch.Attributes.Count > 0)
        {
            writer.BeginAttributes();
            WriteValues(writer, patch.Attributes);
        }

        if (patch.AddItems.Count > 0)
        {
            writer.BeginAddItems();
            WriteValues(writer, patch.AddItems.Select(static items => KeyValuePair.Create(items.Key, (Value)items.Value)));
        }

        if (patch.RemoveItems.Count > 0)
        {
            writer.BeginRemoveItems();
            WriteValues(writer, patch.RemoveItems.Select(static items => KeyValuePair.Create(items.Key, (Value)items.Value)));
        }

        if (patch.RemoveAttributes.Count > 0)
        {
            writer.BeginRemoveAttributes();
            foreach (var name in patch.RemoveAttributes)
            {
                writer.RemoveAttribute(StrictUtf8.Encode(name, "attributes"));
            }

            writer.EndRemoveAttributes();
        }
    }

    private static void WriteValues(CommitWriter writer, IEnumerable<KeyValuePair<string, Value>> values)
    {
        foreach (var (name, value) in values)
        {
            writer.Attribute(StrictUtf8.Encode(name, "attributes"));
            writer.Value(value);
        }

        writer.EndAttributes();
    }
}
