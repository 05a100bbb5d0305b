using System.Collections.Immutable;
using Cairn.Formats;
using Cairn.Model;
using Cairn.Primitives;
using Cairn.Snapshots;

namespace Cairn.Domain.Tests.Reconciliation.Model;

/// <summary>The commit is rejected.</summary>
internal sealed class RefusedException(RejectionReason reason) : Exception
{
    public RejectionReason Reason { get; } = reason;
}

/// <summary>
/// What each operation does, written as plainly as possible: every rule makes a new state from the old one. The rules are those of
/// API.md; where it is silent, those that the engine means.
/// </summary>
/// <param name="clock">The log clock with the commit's frame.</param>
/// <param name="position">Where the commit ends.</param>
/// <param name="settings">The settings of the space.</param>
internal sealed class ReferenceRules(Timestamp clock, LogPosition position, SpaceSettings settings)
{
    private static readonly OperationResult Gone = new(Effect.Deleted, default);
    private static readonly OperationResult SkippedMissing = new(Effect.Skipped, default);

    public bool Exists(ReferenceState state, string id) => state.Concepts.TryGetValue(id, out var concept) && !(concept.ExpiresAt <= clock);

    public bool Exists(ReferenceState state, AssociationKey key) =>
        state.Associations.ContainsKey(key) && !Expired(state, key.Source) && !Expired(state, key.Target);

    /// <summary>Takes a concept away if it has expired.</summary>
    public ReferenceState Purge(ReferenceState state, string id) => state.Without(id, Expired(state, id));

    public RejectionReason Check(ReferenceState state, Requirement requirement)
    {
        var exists = requirement.Key is { } key ? Exists(state, key) : Exists(state, requirement.Id);
        if (requirement.Condition == Condition.Absent)
        {
            return exists ? RejectionReason.Exists : RejectionReason.None;
        }

        if (!exists)
        {
            return RejectionReason.Missing;
        }

        Record target = requirement.Key is { } name ? state.Associations[name] : state.Concepts[requirement.Id];
        return requirement.Condition == Condition.Version && target.Version != requirement.Version ? RejectionReason.Version : RejectionReason.None;
    }

    /// <exception cref="RefusedException">The commit is rejected.</exception>
    public (ReferenceState After, OperationResult Result) Apply(ReferenceState state, Operation operation) => operation switch
    {
        Put put => Apply(state, put),
        Patch patch => Apply(state, patch),
        Delete delete => Exists(state, delete.Id) ? (state.Without(delete.Id), Gone) : Missing(state, delete.OnMissing),
        Reinforce reinforce => Apply(state, reinforce),
        Associate associate => Apply(state, associate),
        Dissociate dissociate => Exists(state, dissociate.Key) ? (state.Without(dissociate.Key), Gone) : Missing(state, dissociate.OnMissing),
        ReinforceAssociation reinforce => Apply(state, reinforce),
        _ => throw new ArgumentOutOfRangeException(nameof(operation)),
    };

    private (ReferenceState, OperationResult) Apply(ReferenceState state, Put put)
    {
        if (!Exists(state, put.Id))
        {
            return Create(state, put.Id, put.Fields);
        }

        var before = state.Concepts[put.Id];
        switch (put.OnExists)
        {
            case OnExists.Fail:
                throw new RefusedException(RejectionReason.Exists);
            case OnExists.Skip:
                return (state, new(Effect.Skipped, before.Version));
            case OnExists.Merge:
                var merged = Change(before, put.Fields with { Labels = null, AddLabels = put.Fields.Labels });
                return (state.With(put.Id, merged.After), merged.Result);
            default:
                return (state.With(put.Id, Fresh(put.Fields, before.CreatedAt)), new(Effect.Updated, position));
        }
    }

    private (ReferenceState, OperationResult) Apply(ReferenceState state, Patch patch)
    {
        if (Exists(state, patch.Id))
        {
            var changed = Change(state.Concepts[patch.Id], patch.Fields);
            return (state.With(patch.Id, changed.After), changed.Result);
        }

        return patch.OnMissing == OnMissing.Create ? Create(state, patch.Id, patch.Fields) : Missing(state, patch.OnMissing);
    }

    private (ReferenceState, OperationResult) Apply(ReferenceState state, Reinforce reinforce) => Exists(state, reinforce.Id)
        ? (state.With(reinforce.Id, Reinforced(state.Concepts[reinforce.Id], reinforce.Amount)), new(Effect.Updated, position))
        : Missing(state, reinforce.OnMissing);

    private (ReferenceState, OperationResult) Apply(ReferenceState state, ReinforceAssociation reinforce) => Exists(state, reinforce.Key)
        ? (state.With(reinforce.Key, Reinforced(state.Associations[reinforce.Key], reinforce.Amount)), new(Effect.Updated, position))
        : Missing(state, reinforce.OnMissing);

    private (ReferenceState, OperationResult) Apply(ReferenceState state, Associate associate)
    {
        var (key, fields) = (associate.Key, associate.Fields);
        foreach (var end in new[] { key.Source, key.Target }.Where(end => !Exists(state, end)))
        {
            // What expired goes, with its associations; the end is implied from now on, by the new association.
            state = associate.MissingEndpoints == MissingEndpoints.Imply
                ? state.Without(end, Expired(state, end))
                : throw new RefusedException(RejectionReason.MissingEndpoint);
        }

        if (!state.Associations.TryGetValue(key, out var before))
        {
            return (state.With(key, FreshAssociation(fields, clock)), new(Effect.Created, position));
        }

        switch (associate.OnExists)
        {
            case OnExists.Fail:
                throw new RefusedException(RejectionReason.Exists);
            case OnExists.Skip:
                return (state, new(Effect.Skipped, before.Version));
            case OnExists.Merge:
                var after = SetCommon(before, fields);
                var merged = Finish(before, after, fields, before.Stored != after.Stored);
                return (state.With(key, merged.After), merged.Result);
            default:
                return (state.With(key, FreshAssociation(fields, before.CreatedAt)), new(Effect.Updated, position));
        }
    }

    private (ReferenceState, OperationResult) Create(ReferenceState state, string id, Fields fields)
    {
        // Associations of an expired concept go with it; those of an implied one stay.
        var rest = state.Without(id, Expired(state, id));
        return (rest.With(id, Fresh(fields, clock)), new(Effect.Created, position));
    }

    private static (ReferenceState, OperationResult) Missing(ReferenceState state, OnMissing onMissing) =>
        onMissing == OnMissing.Skip ? (state, SkippedMissing) : throw new RefusedException(RejectionReason.Missing);

    private bool Expired(ReferenceState state, string id) => state.Concepts.ContainsKey(id) && !Exists(state, id);

    private T Reinforced<T>(T record, float amount)
        where T : Record
    {
        Record before = record;
        return (T)(before with
        {
            Strength = Decay.Reinforce(before.StrengthAt(clock, settings.HalfLife), amount),
            ReinforcedAt = clock,
            UpdatedAt = clock,
            Version = position,
        });
    }

    /// <summary>A concept of these fields and no others.</summary>
    private ConceptRecord Fresh(Fields fields, Timestamp createdAt)
    {
        var written = ReferenceFields.Apply(new ConceptRecord(), fields, settings, out _) with
        {
            CreatedAt = fields.CreatedAt ?? createdAt,
            UpdatedAt = fields.UpdatedAt ?? clock,
            ReinforcedAt = fields.ReinforcedAt ?? clock,
            Version = position,
        };
        return fields.ExpiresAt is null && settings.TimeToLive is { } life ? written with { ExpiresAt = clock.Plus(life) } : written;
    }

    private AssociationRecord FreshAssociation(Fields fields, Timestamp createdAt) => SetCommon(new AssociationRecord(), fields) with
    {
        CreatedAt = fields.CreatedAt ?? createdAt,
        UpdatedAt = fields.UpdatedAt ?? clock,
        ReinforcedAt = fields.ReinforcedAt ?? clock,
        Version = position,
    };

    private static AssociationRecord SetCommon(AssociationRecord record, Fields fields)
    {
        var after = ReferenceFields.SetCommon(record, fields);
        return after.Attributes.Count > Limits.Attributes ? throw new RefusedException(RejectionReason.Limit) : after;
    }

    private (ConceptRecord After, OperationResult Result) Change(ConceptRecord before, Fields fields)
    {
        var after = ReferenceFields.Apply(before, fields, settings, out var changed);
        return Finish(before, after, fields, changed);
    }

    /// <summary>Times and version of a merge or a patch.</summary>
    private (T After, OperationResult Result) Finish<T>(T before, T after, Fields fields, bool changed)
        where T : Record
    {
        Record result = after with { CreatedAt = fields.CreatedAt ?? before.CreatedAt };
        if (fields.Strength is not null || fields.ReinforcedAt is not null || (fields.RemoveMembers & Members.Strength) != 0)
        {
            result = result with { ReinforcedAt = fields.ReinforcedAt ?? clock };
            changed = true;
        }

        changed |= result.CreatedAt != before.CreatedAt || fields.UpdatedAt is not null;
        return changed
            ? ((T)(result with { UpdatedAt = fields.UpdatedAt ?? clock, Version = position }), new(Effect.Updated, position))
            : (before, new(Effect.Unchanged, before.Version));
    }
}
