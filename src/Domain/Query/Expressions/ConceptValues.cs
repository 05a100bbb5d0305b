using Cairn.Formats;
using Cairn.Model;
using Cairn.Primitives;
using Cairn.Snapshots;

namespace Cairn.Query.Expressions;

/// <summary>Reads the fields of a concept as values. Labels are no stored value: whoever looks at them asks the concept, and all others see a null.</summary>
internal static class ConceptValues
{
    /// <summary>The value of a field, where it lies; null if there is none.</summary>
    public static ValueView Read(FieldReference field, scoped in ConceptView concept, Timestamp now) => field.Field switch
    {
        ConceptField.Attribute => concept.TryGetAttribute(field.Attribute.Span, out var value) ? Inside(value, field.Path) : default,
        ConceptField.Id => new(ValueKind.String, 0, concept.Id),
        ConceptField.Labels => default,
        ConceptField.Content => concept.ContentKind switch
        {
            ContentKind.Text => new(ValueKind.String, 0, concept.Content),
            ContentKind.Bytes => new(ValueKind.Bytes, 0, concept.Content),
            _ => default,
        },
        ConceptField.MediaType => concept.MediaType is { IsEmpty: false } type ? new(ValueKind.String, 0, type) : default,
        ConceptField.Strength => Float(concept.Strength),
        ConceptField.CurrentStrength => Float(concept.CurrentStrength(now)),
        ConceptField.Confidence => Float(concept.Confidence),
        ConceptField.Version => new(ValueKind.Int64, concept.Version.Value, default),
        ConceptField.CreatedAt => Instant(concept.CreatedAt),
        ConceptField.UpdatedAt => Instant(concept.UpdatedAt),
        ConceptField.ReinforcedAt => Instant(concept.ReinforcedAt),
        ConceptField.ValidFrom => Instant(concept.ValidFrom),
        ConceptField.ValidTo => Instant(concept.ValidTo),
        _ => Instant(concept.ExpiresAt),
    };

    /// <summary>The member of a value that a path leads to; null if there is none.</summary>
    public static ValueView Inside(ValueView value, IReadOnlyList<ReadOnlyMemory<byte>> path)
    {
        for (var depth = 0; depth < path.Count; depth++)
        {
            value = Member(value, path[depth].Span);
        }

        return value;
    }

    private static ValueView Member(ValueView value, scoped ReadOnlySpan<byte> name)
    {
        if (value.Kind == ValueKind.Object)
        {
            var members = value.Members();
            while (members.TryRead(out var memberName, out var member))
            {
                if (memberName.SequenceEqual(name))
                {
                    return member;
                }
            }
        }

        return default;
    }

    private static ValueView Float(float value) => new(ValueKind.Float64, BitConverter.DoubleToInt64Bits(value), default);

    private static ValueView Instant(Timestamp? value) => value is { } time ? new(ValueKind.DateTime, time.Microseconds, default) : default;
}
