using Cairn.Formats;
using Cairn.Model;
using Cairn.Primitives;
using Cairn.Snapshots;

namespace Cairn.Reconciliation;

/// <summary>The parts of a row's header that concepts and associations share.</summary>
internal static class RowHeader
{
    /// <summary>It changed in the commit at hand.</summary>
    public static void Touch(RowStore rows, int row, in FieldSet fields, SpaceState state)
    {
        rows.Table.Set(row, HeaderColumn.Version, state.Position.Value);
        rows.SetTime(row, HeaderColumn.UpdatedAt, fields.UpdatedAt ?? state.LogClock);
    }

    /// <summary>Ends a change of an existing row: its times, and its version if anything changed.</summary>
    /// <param name="rows">The rows of its kind.</param>
    /// <param name="row">The row.</param>
    /// <param name="fields">What was asked for.</param>
    /// <param name="changed">Whether one of the other fields changed.</param>
    /// <param name="state">The space.</param>
    public static OperationResult Settle(RowStore rows, int row, in FieldSet fields, bool changed, SpaceState state)
    {
        if (fields.Has(FieldTag.Strength) || (fields.RemoveMembers & Members.Strength) != 0 || fields.ReinforcedAt is not null)
        {
            SetReinforced(rows, row, fields.ReinforcedAt ?? state.LogClock);
            changed = true;
        }

        changed |= fields.CreatedAt is { } created && rows.SetCreatedAt(row, created);
        if (!changed && fields.UpdatedAt is null)
        {
            return new(Effect.Unchanged, rows.Version(row));
        }

        Touch(rows, row, fields, state);
        return new(Effect.Updated, state.Position);
    }

    /// <summary>Its strength counts from here.</summary>
    public static void SetReinforced(RowStore rows, int row, Timestamp time) => rows.SetTime(row, HeaderColumn.ReinforcedAt, time);

    /// <summary>Raises the strength, as decayed to now, towards 1.</summary>
    public static void Reinforce(RowStore rows, int row, float amount, SpaceState state)
    {
        var strength = Decay.Reinforce(rows.CurrentStrength(row, state.LogClock, state.Settings.HalfLife), amount);
        rows.SetShare(row, HeaderColumn.Strength, strength);
        rows.SetTime(row, HeaderColumn.ReinforcedAt, state.LogClock);
        Touch(rows, row, default, state);
    }

    /// <summary>Sets strength, confidence and valid time where they are given.</summary>
    public static bool SetShares(RowStore rows, int row, in FieldSet fields)
    {
        var changed = fields.Has(FieldTag.Strength) && rows.SetShare(row, HeaderColumn.Strength, fields.Strength);
        changed |= fields.Has(FieldTag.Confidence) && rows.SetShare(row, HeaderColumn.Confidence, fields.Confidence);
        changed |= fields.Has(FieldTag.ValidFrom) && rows.SetOptional(row, HeaderColumn.ValidFrom, fields.ValidFrom);
        return changed | (fields.Has(FieldTag.ValidTo) && rows.SetOptional(row, HeaderColumn.ValidTo, fields.ValidTo));
    }
}
