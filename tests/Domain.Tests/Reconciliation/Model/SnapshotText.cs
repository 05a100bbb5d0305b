using System.Collections.Immutable;
using System.Text;
using Cairn.Formats;
using Cairn.Model;
using Cairn.Primitives;
using Cairn.Snapshots;

namespace Cairn.Domain.Tests.Reconciliation.Model;

/// <summary>A snapshot of the engine as the same lines of text, read through every way that readers have.</summary>
internal static class SnapshotText
{
    public static List<string> Of(Snapshot snapshot)
    {
        var lines = new List<string>
        {
            StateText.Head(snapshot.Position, snapshot.LogClock, snapshot.Settings, snapshot.ConceptCount, snapshot.AssociationCount),
        };
        var walk = snapshot.ConceptsById(default);
        var rows = 0;
        for (; walk.MoveNext(); rows++)
        {
            AddConcept(lines, snapshot, snapshot.Concept(walk.Row));
        }

        Assert.Equal(snapshot.ConceptRows, rows);
        lines.AddRange(Associations(snapshot).Order(StringComparer.Ordinal));
        return lines;
    }

    private static void AddConcept(List<string> lines, Snapshot snapshot, ConceptView concept)
    {
        var id = Text(concept.Id);
        Assert.Equal(concept.Row, snapshot.FindConcept(concept.Id));
        var exists = concept.Exists(snapshot.LogClock);
        var stored = exists || concept.ExpiresAt is not null;
        if (!stored && !concept.IsImplied)
        {
            Assert.Empty(Edges(snapshot, concept.Row, Direction.Both));
            Assert.Equal(0, concept.Version.Value);
            return;
        }

        Assert.False(stored && concept.IsImplied);
        lines.Add(stored ? StateText.Line(id, Read(snapshot, concept), exists, snapshot.LogClock, snapshot.Settings) : StateText.Implied(id));
        foreach (var direction in new[] { Direction.Out, Direction.In, Direction.Both })
        {
            lines.Add(StateText.Neighbors(id, direction, Edges(snapshot, concept.Row, direction)));
        }
    }

    private static ConceptRecord Read(Snapshot snapshot, ConceptView concept)
    {
        var vector = new float[concept.VectorDimensions];
        concept.CopyVector(vector);
        var labels = new List<string>();
        for (var i = 0; i < concept.LabelCount; i++)
        {
            labels.Add(Text(concept.Label(i)));
            Assert.True(concept.HasLabel(snapshot.FindLabel(concept.Label(i))));
        }

        var read = new ConceptRecord
        {
            Labels = [.. labels],
            Content = concept.ContentKind == ContentKind.None ? ConceptRecord.NoContent : new(concept.ContentKind, Content(concept)),
            MediaType = Text(concept.MediaType),
            Vector = [.. vector],
            ExpiresAt = concept.ExpiresAt,
            Attributes = Attributes(concept.Attributes),
            Strength = concept.Strength,
            Confidence = concept.Confidence,
            ValidFrom = concept.ValidFrom,
            ValidTo = concept.ValidTo,
            Version = concept.Version,
            CreatedAt = concept.CreatedAt,
            UpdatedAt = concept.UpdatedAt,
            ReinforcedAt = concept.ReinforcedAt,
        };
        foreach (var (name, value) in read.Attributes)
        {
            Assert.True(concept.TryGetAttribute(Encoding.UTF8.GetBytes(name), out var found));
            Assert.Equal(Literal.Of(value), Literal.Of(found.ToValue()));
        }

        Assert.False(concept.TryGetAttribute("never given"u8, out _));
        Assert.Equal(read.StrengthAt(snapshot.LogClock, snapshot.Settings.HalfLife), concept.CurrentStrength(snapshot.LogClock));
        return read;
    }

    private static List<string> Associations(Snapshot snapshot)
    {
        var lines = new List<string>();
        for (var row = 0; row < snapshot.AssociationRows; row++)
        {
            var association = snapshot.Association(row);
            var key = Key(snapshot, association);
            Assert.Equal(row, snapshot.FindAssociation(new(Utf8(key.Source), Utf8(key.Type), Utf8(key.Target), Utf8(key.Key))));
            if (association.IsAlive)
            {
                Assert.Equal(association.Type, snapshot.FindType(association.TypeName));
                lines.Add(StateText.Line(key, Read(snapshot, association), snapshot.LogClock, snapshot.Settings));
            }
        }

        return lines;
    }

    private static AssociationRecord Read(Snapshot snapshot, AssociationView association)
    {
        var read = new AssociationRecord
        {
            Attributes = Attributes(association.Attributes),
            Strength = association.Strength,
            Confidence = association.Confidence,
            ValidFrom = association.ValidFrom,
            ValidTo = association.ValidTo,
            Version = association.Version,
            CreatedAt = association.CreatedAt,
            UpdatedAt = association.UpdatedAt,
            ReinforcedAt = association.ReinforcedAt,
        };
        foreach (var (name, value) in read.Attributes)
        {
            Assert.True(association.TryGetAttribute(Encoding.UTF8.GetBytes(name), out var found));
            Assert.Equal(Literal.Of(value), Literal.Of(found.ToValue()));
        }

        Assert.Equal(read.StrengthAt(snapshot.LogClock, snapshot.Settings.HalfLife), association.CurrentStrength(snapshot.LogClock));
        return read;
    }

    private static List<string> Edges(Snapshot snapshot, int row, Direction direction)
    {
        var edges = new List<string>();
        foreach (var edge in snapshot.Neighbors(row, direction))
        {
            var association = snapshot.Association(edge.Association);
            Assert.Equal(edge.Outgoing ? (row, edge.Neighbor) : (edge.Neighbor, row), (association.Source, association.Target));
            edges.Add(StateText.Edge(Key(snapshot, association), edge.Outgoing));
        }

        return edges;
    }

    private static ImmutableSortedDictionary<string, Value> Attributes(AttributeEnumerator attributes)
    {
        var read = ImmutableSortedDictionary.CreateBuilder<string, Value>(StringComparer.Ordinal);
        string? before = null;
        foreach (var attribute in attributes)
        {
            var name = Text(attribute.Name);
            Assert.True(before is null || StateText.ByteOrder.Compare(before, name) < 0, "attributes come in byte order of their names, each once");
            before = name;
            read.Add(name, attribute.Value.ToValue());
        }

        return read.ToImmutable();
    }

    private static AssociationKey Key(Snapshot snapshot, AssociationView association) => new(
        Text(snapshot.Concept(association.Source).Id), Text(association.TypeName), Text(snapshot.Concept(association.Target).Id), Text(association.Key));

    private static string Content(ConceptView concept)
    {
        Assert.Equal(concept.Content.Length, concept.ContentLength);
        return concept.ContentKind == ContentKind.Text ? Text(concept.Content) : Encoding.Latin1.GetString(concept.Content);
    }

    private static string Text(ReadOnlySpan<byte> utf8) => Encoding.UTF8.GetString(utf8);

    private static byte[] Utf8(string text) => Encoding.UTF8.GetBytes(text);
}
