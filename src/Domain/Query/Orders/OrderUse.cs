using Cairn.Query.Expressions;
using Cairn.Snapshots;

namespace Cairn.Query.Orders;

/// <summary>
/// Finds the order of a field for one snapshot, in slices: the one that is kept, brought to that snapshot, or a new one if it is time for it. One thread.
/// </summary>
internal sealed class OrderUse
{
    private const int LeastRowsToBring = 256, ShareToBring = 16;
    private readonly Snapshot _snapshot;
    private readonly FieldReference _field;
    private readonly FieldOrders _orders;
    private readonly OrderSlot _slot;
    private readonly bool _mayBuild;
    private FieldOrderBuild? _build;
    private FieldOrder? _before;
    private FieldOrderUpdate? _update;

    public OrderUse(Snapshot snapshot, FieldReference field)
    {
        (_snapshot, _field) = (snapshot, field);
        _orders = snapshot.Kept<FieldOrders>();
        _slot = _orders.Use(field);
        _mayBuild = _slot.Count() && snapshot.ConceptRows <= FieldOrders.MaxRows;
    }

    /// <summary>The order for the snapshot; null before the end, and if there is none.</summary>
    public FieldOrder? Result { get; private set; }

    /// <summary>Whether there may be an order of a field: whether it is kept in columns whose cells tell its values.</summary>
    public static bool IsPossible(FieldReference field) => field is
    {
        Field: ConceptField.Attribute or ConceptField.Version or ConceptField.CreatedAt or ConceptField.UpdatedAt or ConceptField.ReinforcedAt,
        Path.Count: 0,
    };

    /// <summary>Does the next slice; false: it is over.</summary>
    public bool Step()
    {
        if (_update is not null)
        {
            return Bring();
        }

        if (_slot.Order is { } order)
        {
            return Begin(order);
        }

        return _mayBuild && (_slot.Build(() => FieldImage.TryTake(_snapshot, _field), _snapshot, ref _build) || Built());
    }

    // Once it is there: it may be that of another snapshot.
    private bool Built()
    {
        if (_slot.Order is null)
        {
            return false;
        }

        _orders.Trim(_slot);
        return true;
    }

    private bool Begin(FieldOrder order)
    {
        if (order.Image.Position == _snapshot.Position)
        {
            Result = order;
            return false;
        }

        _before = order;
        if (order.Image.TryTakeOf(_snapshot, _field) is { } after
            && order.Image.TryCompare(after, Math.Max(LeastRowsToBring, order.Rows.Count / ShareToBring)) is { } differing)
        {
            _update = new(order, after, differing, _snapshot.Ids);
            return Bring();
        }

        return End();
    }

    private bool Bring() => _update!.Step() || End();

    private bool End()
    {
        Result = _update?.Result;
        if (Result is not null)
        {
            _slot.Replace(_before!, Result);
            _orders.Trim(_slot);
        }
        else if (_snapshot.Position > _before!.Image.Position)
        {
            _slot.GiveUp(_before);
        }

        return false;
    }
}
