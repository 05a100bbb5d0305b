using Cairn.Formats;
using Cairn.Model;
using Cairn.Primitives;
using Cairn.Snapshots;

namespace Cairn.Reconciliation;

/// <summary>Applies operations on concepts to the state. Rules version 1.</summary>
/// <remarks>Each answers why it refuses, or None with the result. One that refuses may have changed the state: the commit is undone.</remarks>
internal sealed class ConceptOperations(SpaceState state, ConceptEmbeddings embeddings)
{
    private readonly LabelSets _labels = new(state);
    private readonly ArrayItems _items = new(state.Concepts);

    private RowStore Rows => state.Concepts;

    public RejectionReason Put(in OperationView operation, int found, out OperationResult result)
    {
        var row = state.ConceptRow(operation.Id, found);
        result = new(Effect.Skipped, row < 0 ? default : Rows.Version(row));
        if (row < 0 || !state.Exists(row))
        {
            return Create(row, new(operation.Fields), out result);
        }

        switch (operation.OnExists)
        {
            case OnExists.Fail:
                return RejectionReason.Exists;
            case OnExists.Skip:
                return RejectionReason.None;
            case OnExists.Merge:
                return Change(row, new FieldSet(operation.Fields).UnitingLabels(), out result);
            default:
                return Replace(row, new(operation.Fields), out result);
        }
    }

    public RejectionReason Patch(in OperationView operation, int found, out OperationResult result)
    {
        result = new(Effect.Skipped, default);
        var row = state.FindConcept(operation.Id, found);
        if (row >= 0)
        {
            return Change(row, new(operation.Fields), out result);
        }

        return operation.OnMissing switch
        {
            OnMissing.Fail => RejectionReason.Missing,
            OnMissing.Skip => RejectionReason.None,
            _ => Create(state.ConceptRow(operation.Id, found), new(operation.Fields), out result),
        };
    }

    public RejectionReason Delete(in OperationView operation, int found, out OperationResult result)
    {
        result = new(Effect.Skipped, default);
        var row = state.FindConcept(operation.Id, found);
        if (row < 0)
        {
            return operation.OnMissing == OnMissing.Fail ? RejectionReason.Missing : RejectionReason.None;
        }

        state.DeleteConcept(row);
        result = new(Effect.Deleted, default);
        return RejectionReason.None;
    }

    public RejectionReason Reinforce(in OperationView operation, int found, out OperationResult result)
    {
        result = new(Effect.Skipped, default);
        var row = state.FindConcept(operation.Id, found);
        if (row < 0)
        {
            return operation.OnMissing == OnMissing.Fail ? RejectionReason.Missing : RejectionReason.None;
        }

        RowHeader.Reinforce(Rows, row, operation.Amount, state);
        result = new(Effect.Updated, state.Position);
        return RejectionReason.None;
    }

    private RejectionReason Create(int row, in FieldSet fields, out OperationResult result)
    {
        result = default;
        if (row < 0)
        {
            return RejectionReason.Limit;
        }

        // The row may belong to a concept that expired: that one goes first, with its associations.
        if ((Rows.Flags(row) & RowFlags.Alive) != 0)
        {
            state.DeleteConcept(row);
        }

        state.Revive(row);
        Rows.Table.Set(row, HeaderColumn.CreatedAt, (fields.CreatedAt ?? state.LogClock).Microseconds);
        var reason = Write(row, fields, out result);
        result = new(Effect.Created, state.Position);
        return reason;
    }

    private RejectionReason Replace(int row, in FieldSet fields, out OperationResult result)
    {
        var created = fields.CreatedAt?.Microseconds ?? Rows.Table.Get(row, HeaderColumn.CreatedAt);
        var embedded = embeddings.Take(row);
        Rows.Table.Clear(row);
        Rows.Table.Set(row, HeaderColumn.Flags, (long)RowFlags.Alive);
        Rows.Table.Set(row, HeaderColumn.CreatedAt, created);
        var reason = Write(row, fields, out result);
        embeddings.Restore(row, embedded);
        result = new(Effect.Updated, state.Position);
        return reason;
    }

    /// <summary>Fills a row that holds nothing but its flags and its creation.</summary>
    private RejectionReason Write(int row, in FieldSet fields, out OperationResult result)
    {
        var reason = ChangeFields(row, fields, out _);
        result = default;
        RowHeader.Touch(Rows, row, fields, state);
        RowHeader.SetReinforced(Rows, row, fields.ReinforcedAt ?? state.LogClock);
        if (!fields.Has(FieldTag.ExpiresAt) && state.Settings.TimeToLive is { } life)
        {
            Expire(row, state.LogClock.Plus(life));
        }

        return reason;
    }

    private RejectionReason Change(int row, in FieldSet fields, out OperationResult result)
    {
        var reason = ChangeFields(row, fields, out var changed);
        if (changed)
        {
            embeddings.Settle(row);
        }

        result = RowHeader.Settle(Rows, row, fields, changed, state);
        return reason;
    }

    /// <summary>Set, then remove, then add, then remove items, whatever the order in the request.</summary>
    private RejectionReason ChangeFields(int row, in FieldSet fields, out bool changed)
    {
        changed = false;
        if (fields.Vector.Length > 0 && state.Settings.VectorDimensions is { } dimensions && fields.Vector.Length != dimensions * sizeof(float))
        {
            return RejectionReason.Limit;
        }

        if (!SetFields(row, fields, ref changed))
        {
            return RejectionReason.Limit;
        }

        changed |= RemoveFields(row, fields);
        if (!_labels.Change(row, fields.AddLabels, fields.RemoveLabels, ref changed))
        {
            return RejectionReason.Limit;
        }

        var reason = _items.Add(row, fields.AddItems, ref changed);
        _items.Remove(row, fields.RemoveItems, ref changed);
        var isOverLimit = changed && (Rows.Attributes.IsOverLimit(row) || _items.IsOverLimit(row, fields.AddItems));
        return reason == RejectionReason.None && isOverLimit ? RejectionReason.Limit : reason;
    }

    /// <returns>False: an index has no room for a label or a media type.</returns>
    private bool SetFields(int row, in FieldSet fields, ref bool changed)
    {
        if ((fields.Has(FieldTag.Labels) && !_labels.Set(row, fields.Labels, ref changed))
            || (fields.Has(FieldTag.MediaType) && !SetMediaType(row, fields.MediaType, ref changed)))
        {
            return false;
        }

        changed |= SetContent(row, fields);

        if (fields.Has(FieldTag.Attributes))
        {
            changed |= Rows.SetAttributes(row, fields.Attributes);
        }

        if (fields.Has(FieldTag.Vector))
        {
            changed |= fields.Vector.IsEmpty ? Rows.Unset(row, ConceptColumn.Vector) : Rows.SetBytes(row, ConceptColumn.Vector, fields.Vector);
        }

        if (fields.Has(FieldTag.ExpiresAt))
        {
            changed |= Expire(row, fields.ExpiresAt);
        }

        changed |= RowHeader.SetShares(Rows, row, fields);
        return true;
    }

    private bool SetMediaType(int row, ReadOnlySpan<byte> mediaType, ref bool changed)
    {
        var number = mediaType.IsEmpty ? 0 : state.Shared.MediaTypes.FindOrAdd(mediaType);
        changed |= mediaType.IsEmpty ? Rows.Unset(row, ConceptColumn.MediaType) : number >= 0 && Rows.Set(row, ConceptColumn.MediaType, number);
        return number >= 0;
    }

    private bool SetContent(int row, in FieldSet fields)
    {
        if (fields.Has(FieldTag.NoContent))
        {
            return SetContentFlag(row, RowFlags.None) | Rows.Unset(row, ConceptColumn.Content);
        }

        if (!fields.Has(FieldTag.TextContent) && !fields.Has(FieldTag.BytesContent))
        {
            return false;
        }

        return SetContentFlag(row, fields.Has(FieldTag.TextContent) ? RowFlags.Text : RowFlags.Bytes)
            | Rows.SetBytes(row, ConceptColumn.Content, fields.Content);
    }

    private bool SetContentFlag(int row, RowFlags kind) =>
        Rows.Set(row, HeaderColumn.Flags, (long)((Rows.Flags(row) & ~(RowFlags.Text | RowFlags.Bytes)) | kind));

    private bool Expire(int row, Timestamp? at)
    {
        if (at is not null)
        {
            state.NoteExpiry();
        }

        return Rows.SetOptional(row, HeaderColumn.ExpiresAt, at);
    }

    private bool RemoveFields(int row, in FieldSet fields)
    {
        var remove = fields.RemoveMembers;
        var changed = (remove & Members.Labels) != 0 && Rows.Unset(row, ConceptColumn.LabelSet);
        if ((remove & Members.Content) != 0)
        {
            changed |= SetContentFlag(row, RowFlags.None) | Rows.Unset(row, ConceptColumn.Content);
        }

        changed |= (remove & Members.MediaType) != 0 && Rows.Unset(row, ConceptColumn.MediaType);
        changed |= (remove & Members.Attributes) != 0 && Rows.Attributes.Clear(row);
        changed |= (remove & Members.Vector) != 0 && Rows.Unset(row, ConceptColumn.Vector);
        changed |= (remove & Members.Strength) != 0 && Rows.Unset(row, HeaderColumn.Strength);
        changed |= (remove & Members.Confidence) != 0 && Rows.Unset(row, HeaderColumn.Confidence);
        changed |= (remove & Members.ValidFrom) != 0 && Rows.Unset(row, HeaderColumn.ValidFrom);
        changed |= (remove & Members.ValidTo) != 0 && Rows.Unset(row, HeaderColumn.ValidTo);
        changed |= (remove & Members.ExpiresAt) != 0 && Rows.Unset(row, HeaderColumn.ExpiresAt);
        if (fields.Has(FieldTag.RemoveAttributes))
        {
            var names = new NameListReader(fields.RemoveAttributes, wideCount: true);
            while (names.TryRead(out var name))
            {
                changed |= Rows.Attributes.Unset(row, name);
            }
        }

        return changed;
    }
}
