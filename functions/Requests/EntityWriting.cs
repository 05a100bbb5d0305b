using Cairn.Formats;
using Cairn.Functions.Json;
using Cairn.Model;

namespace Cairn.Functions.Requests;

/// <summary>Entities and relations of the reference memory server as operations; the other way round is <see cref="Answers.EntityJson"/>.</summary>
internal static class EntityWriting
{
    /// <summary>Puts an entity. Its type, if it has one, becomes the concept's label.</summary>
    /// <param name="writer">Takes the operation.</param>
    /// <param name="name">A text.</param>
    /// <param name="entityType">A text.</param>
    /// <param name="observations">Arrays of texts, which become one; none: the entity has no such attribute.</param>
    /// <param name="onExists">What happens if the name is taken.</param>
    public static void Put(CommitWriter writer, JsonNode name, JsonNode? entityType, ReadOnlySpan<JsonNode> observations, OnExists onExists)
    {
        name.Mark();
        writer.BeginPut(IdReading.Require(name, "name"), onExists);
        WriteLabel(entityType, writer);
        WriteObservations(observations, writer);
        writer.EndOperation();
    }

    /// <summary>Associates what a relation names; ends that do not exist are implied.</summary>
    public static void Associate(CommitWriter writer, in AssociationName name, OnExists onExists)
    {
        writer.BeginAssociate(name, onExists, MissingEndpoints.Imply);
        writer.EndOperation();
    }

    private static void WriteLabel(JsonNode? entityType, CommitWriter writer)
    {
        if (entityType is { } label && !label.RequireText().IsEmpty)
        {
            label.Mark();
            writer.BeginLabels();
            writer.Label(label.Text);
            writer.EndLabels();
        }
    }

    private static void WriteObservations(ReadOnlySpan<JsonNode> lists, CommitWriter writer)
    {
        if (lists.IsEmpty)
        {
            return;
        }

        writer.BeginAttributes();
        writer.Attribute(Answers.EntityJson.Observations);
        writer.BeginArray();
        foreach (var list in lists)
        {
            foreach (var text in list.RequireTexts().Items)
            {
                text.Mark();
                writer.String(text.Text);
            }
        }

        writer.EndArray();
        writer.EndAttributes();
    }
}
