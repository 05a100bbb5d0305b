using Cairn.Formats;
using Cairn.Model;
using Cairn.Snapshots;

namespace Cairn.Reconciliation;

/// <summary>Applies operations on associations to the state. Rules version 1.</summary>
/// <remarks>As <see cref="ConceptOperations"/>.</remarks>
internal sealed class AssociationOperations(SpaceState state)
{
    private RowStore Rows => state.Associations;

    public RejectionReason Associate(in OperationView operation, in FoundRows found, out OperationResult result)
    {
        result = default;
        var name = operation.Association;
        var (source, target) = (state.FindConcept(name.Source, found.Row), state.FindConcept(name.Target, found.Target));
        if (source < 0 || target < 0)
        {
            if (operation.MissingEndpoints == MissingEndpoints.Fail)
            {
                return RejectionReason.MissingEndpoint;
            }

            if (!TryImplyMissing(name, ref source, ref target))
            {
                return RejectionReason.Limit;
            }
        }

        var type = found.Type >= 0 ? found.Type : state.Shared.Types.FindOrAdd(name.Type);
        var ends = new AssociationEnds(source, target, type, state.Shared.Keys.FindOrAdd(name.Key));
        return type < 0 || ends.Key < 0 ? RejectionReason.Limit : Associate(ends, operation, out result);
    }

    public RejectionReason Dissociate(in OperationView operation, in FoundRows found, out OperationResult result)
    {
        result = new(Effect.Skipped, default);
        var row = state.FindAssociation(operation.Association, found);
        if (row < 0)
        {
            return operation.OnMissing == OnMissing.Fail ? RejectionReason.Missing : RejectionReason.None;
        }

        state.DeleteAssociation(row);
        result = new(Effect.Deleted, default);
        return RejectionReason.None;
    }

    public RejectionReason Reinforce(in OperationView operation, in FoundRows found, out OperationResult result)
    {
        result = new(Effect.Skipped, default);
        var row = state.FindAssociation(operation.Association, found);
        if (row < 0)
        {
            return operation.OnMissing == OnMissing.Fail ? RejectionReason.Missing : RejectionReason.None;
        }

        RowHeader.Reinforce(Rows, row, operation.Amount, state);
        result = new(Effect.Updated, state.Position);
        return RejectionReason.None;
    }

    private RejectionReason Associate(in AssociationEnds ends, in OperationView operation, out OperationResult result)
    {
        result = default;
        var hash = state.Shared.Hash(ends);
        var row = state.FindRow(ends, hash);
        if (row >= 0 && state.IsAlive(row))
        {
            return ChangeExisting(row, operation, out result);
        }

        row = row < 0 ? state.AddAssociationRow(ends, hash) : row;
        return row < 0 ? RejectionReason.Limit : Create(row, ends, new(operation.Fields), out result);
    }

    /// <summary>Makes the ends that do not exist implied. What expired goes first, at both ends: its last association may be what kept the other implied.</summary>
    /// <returns>False: there is no room for an id.</returns>
    private bool TryImplyMissing(in AssociationName name, ref int source, ref int target)
    {
        var (isSourceMissing, isTargetMissing) = (source < 0, target < 0);
        source = isSourceMissing ? DropExpired(name.Source) : source;
        target = isTargetMissing ? DropExpired(name.Target) : target;
        if (source < 0 || target < 0)
        {
            return false;
        }

        if (isSourceMissing)
        {
            state.Imply(source);
        }

        if (isTargetMissing)
        {
            state.Imply(target);
        }

        return true;
    }

    private int DropExpired(ReadOnlySpan<byte> id)
    {
        var row = state.ConceptRow(id);
        if (row >= 0 && (state.Concepts.Flags(row) & RowFlags.Alive) != 0)
        {
            state.DeleteConcept(row);
        }

        return row;
    }

    private RejectionReason Create(int row, in AssociationEnds ends, in FieldSet fields, out OperationResult result)
    {
        state.Revive(row, ends);
        Rows.Table.Set(row, HeaderColumn.CreatedAt, (fields.CreatedAt ?? state.LogClock).Microseconds);
        Write(row, fields);
        result = new(Effect.Created, state.Position);
        return RejectionReason.None;
    }

    private RejectionReason ChangeExisting(int row, in OperationView operation, out OperationResult result)
    {
        result = new(Effect.Skipped, Rows.Version(row));
        switch (operation.OnExists)
        {
            case OnExists.Fail:
                return RejectionReason.Exists;
            case OnExists.Skip:
                return RejectionReason.None;
            case OnExists.Merge:
                return Merge(row, new(operation.Fields), out result);
            default:
                Replace(row, new(operation.Fields));
                result = new(Effect.Updated, state.Position);
                return RejectionReason.None;
        }
    }

    private void Replace(int row, in FieldSet fields)
    {
        var created = fields.CreatedAt?.Microseconds ?? Rows.Table.Get(row, HeaderColumn.CreatedAt);
        Rows.Attributes.Clear(row);
        for (var column = HeaderColumn.Version; column <= HeaderColumn.ExpiresAt; column++)
        {
            Rows.Unset(row, column);
        }

        Rows.Table.Set(row, HeaderColumn.CreatedAt, created);
        Write(row, fields);
    }

    private void Write(int row, in FieldSet fields)
    {
        if (fields.Has(FieldTag.Attributes))
        {
            Rows.SetAttributes(row, fields.Attributes);
        }

        RowHeader.SetShares(Rows, row, fields);
        RowHeader.Touch(Rows, row, fields, state);
        RowHeader.SetReinforced(Rows, row, fields.ReinforcedAt ?? state.LogClock);
    }

    private RejectionReason Merge(int row, in FieldSet fields, out OperationResult result)
    {
        var changed = fields.Has(FieldTag.Attributes) && Rows.SetAttributes(row, fields.Attributes);
        changed |= RowHeader.SetShares(Rows, row, fields);
        result = RowHeader.Settle(Rows, row, fields, changed, state);
        return result.Effect == Effect.Updated && Rows.Attributes.IsOverLimit(row) ? RejectionReason.Limit : RejectionReason.None;
    }
}
