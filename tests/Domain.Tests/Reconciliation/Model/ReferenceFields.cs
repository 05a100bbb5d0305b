using System.Collections.Immutable;
using Cairn.Formats;
using Cairn.Model;
using Cairn.Primitives;

namespace Cairn.Domain.Tests.Reconciliation.Model;

/// <summary>What the fields of an operation do to a record: set, then remove, then add, then remove items.</summary>
internal static class ReferenceFields
{
    /// <summary>The record with the fields applied.</summary>
    /// <param name="before">A concept, or a fresh one.</param>
    /// <param name="fields">Of a put or a patch.</param>
    /// <param name="settings">Of the space.</param>
    /// <param name="changed">One of the stages changed what is stored, even if a later one took it back.</param>
    /// <exception cref="RefusedException">Limit, or missing: items are added to what is no array.</exception>
    public static ConceptRecord Apply(ConceptRecord before, Fields fields, SpaceSettings settings, out bool changed)
    {
        if (fields.Vector is { Count: > 0 } vector && settings.VectorDimensions is { } dimensions && vector.Count != dimensions)
        {
            throw new RefusedException(RejectionReason.Limit);
        }

        ConceptRecord[] stages = new ConceptRecord[6];
        stages[0] = before;
        stages[1] = Set(stages[0], fields);
        stages[2] = Remove(stages[1], fields);
        stages[3] = ChangeLabels(stages[2], fields);
        stages[4] = AddItems(stages[3], fields);
        stages[5] = RemoveItems(stages[4], fields);
        changed = stages.Select(stage => stage.Stored).Distinct().Count() > 1;
        var after = stages[^1];
        return after.Attributes.Count > Limits.Attributes || after.Attributes.Values.Any(TooManyItems) ? throw new RefusedException(RejectionReason.Limit) : after;
    }

    /// <summary>Sets what concepts and associations have in common.</summary>
    public static T SetCommon<T>(T record, Fields fields)
        where T : Record
    {
        Record before = record;
        return (T)(before with
        {
            Attributes = before.Attributes.SetItems((fields.Attributes ?? []).Select(attribute => KeyValuePair.Create(attribute.Name, attribute.Value))),
            Strength = fields.Strength ?? before.Strength,
            Confidence = fields.Confidence ?? before.Confidence,
            ValidFrom = fields.ValidFrom is { } from ? from.At : before.ValidFrom,
            ValidTo = fields.ValidTo is { } to ? to.At : before.ValidTo,
        });
    }

    private static bool TooManyItems(Value value) => value.Kind == ValueKind.Array && value.AsArray.Length > Limits.Items;

    private static ConceptRecord Set(ConceptRecord before, Fields fields) => SetCommon(before, fields) with
    {
        Labels = fields.Labels is { } labels ? [.. labels.Distinct()] : before.Labels,
        Content = fields.Content ?? before.Content,
        MediaType = fields.MediaType ?? before.MediaType,
        Vector = fields.Vector ?? before.Vector,
        ExpiresAt = fields.ExpiresAt is { } expiry ? expiry.At : before.ExpiresAt,
    };

    private static ConceptRecord Remove(ConceptRecord before, Fields fields)
    {
        var initial = new ConceptRecord();
        bool Goes(Members member) => (fields.RemoveMembers & member) != 0;
        return before with
        {
            Labels = Goes(Members.Labels) ? initial.Labels : before.Labels,
            Content = Goes(Members.Content) ? initial.Content : before.Content,
            MediaType = Goes(Members.MediaType) ? initial.MediaType : before.MediaType,
            Attributes = Goes(Members.Attributes) ? initial.Attributes : before.Attributes.RemoveRange(fields.RemoveAttributes ?? []),
            Vector = Goes(Members.Vector) ? initial.Vector : before.Vector,
            Strength = Goes(Members.Strength) ? initial.Strength : before.Strength,
            Confidence = Goes(Members.Confidence) ? initial.Confidence : before.Confidence,
            ValidFrom = Goes(Members.ValidFrom) ? initial.ValidFrom : before.ValidFrom,
            ValidTo = Goes(Members.ValidTo) ? initial.ValidTo : before.ValidTo,
            ExpiresAt = Goes(Members.ExpiresAt) ? initial.ExpiresAt : before.ExpiresAt,
        };
    }

    private static ConceptRecord ChangeLabels(ConceptRecord before, Fields fields)
    {
        var labels = before.Labels.Concat(fields.AddLabels ?? []).Distinct().Except(fields.RemoveLabels ?? []).ToImmutableList();
        return labels.Count > Limits.Labels ? throw new RefusedException(RejectionReason.Limit) : before with { Labels = labels };
    }

    private static ConceptRecord AddItems(ConceptRecord before, Fields fields)
    {
        var attributes = before.Attributes;
        foreach (var (name, added) in fields.AddItems ?? [])
        {
            var there = attributes.GetValueOrDefault(name, Value.Null);
            if (there.Kind is not (ValueKind.Null or ValueKind.Array))
            {
                throw new RefusedException(RejectionReason.Missing);
            }

            var items = there.Kind == ValueKind.Null ? [] : there.AsArray.ToList();
            foreach (var item in added.AsArray)
            {
                if (!items.Any(other => Same(other, item)))
                {
                    items.Add(item);
                }
            }

            attributes = attributes.SetItem(name, items.ToArray());
        }

        return before with { Attributes = attributes };
    }

    private static ConceptRecord RemoveItems(ConceptRecord before, Fields fields)
    {
        var attributes = before.Attributes;
        foreach (var (name, removed) in fields.RemoveItems ?? [])
        {
            if (attributes.TryGetValue(name, out var there) && there.Kind == ValueKind.Array)
            {
                attributes = attributes.SetItem(name, there.AsArray.Where(item => !removed.AsArray.Any(other => Same(item, other))).ToArray());
            }
        }

        return before with { Attributes = attributes };
    }

    private static bool Same(Value a, Value b) => a.Kind == b.Kind && Literal.Of(a) == Literal.Of(b);
}
