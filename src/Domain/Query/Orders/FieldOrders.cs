using System.Text;
using Cairn.Query.Expressions;
using Cairn.Snapshots;

namespace Cairn.Query.Orders;

/// <summary>
/// The orders of fields that a space keeps for its queries: at most <see cref="MaxOrders"/> and <see cref="MaxBytes"/>; the one whose last use is the longest ago,
/// counted in uses, goes first. Thread-safe; a lock is held for as long as it takes to find a field among a few.
/// </summary>
internal sealed class FieldOrders : KeptByQueries
{
    /// <summary>Orders at a time.</summary>
    public const int MaxOrders = 8;

    /// <summary>Bytes of all of them: two orders of 4 million rows.</summary>
    public const long MaxBytes = 40L * 1024 * 1024;

    /// <summary>Rows of a space past which none is built: sorting takes 24 bytes a row while it lasts.</summary>
    public const int MaxRows = 4 * 1024 * 1024;

    // Fields whose uses are counted; most are asked for once.
    private const int MaxFields = 64;

    private readonly Lock _gate = new();
    private readonly Dictionary<(ConceptField, string), OrderSlot> _slots = [];
    private long _uses;

    public override long Bytes
    {
        get
        {
            lock (_gate)
            {
                return _slots.Values.Sum(static slot => slot.Bytes);
            }
        }
    }

    /// <summary>Counts a use of the order of a field, and answers the field's place here.</summary>
    public OrderSlot Use(FieldReference field)
    {
        var key = (field.Field, Encoding.UTF8.GetString(field.Attribute.Span));
        lock (_gate)
        {
            if (!_slots.TryGetValue(key, out var slot))
            {
                if (_slots.Count == MaxFields)
                {
                    _slots.Remove(_slots.MinBy(static pair => pair.Value.LastUse).Key);
                }

                _slots.Add(key, slot = new());
            }

            slot.LastUse = ++_uses;
            return slot;
        }
    }

    /// <summary>Lets go of what is too much after one of them has grown.</summary>
    public void Trim(OrderSlot grown)
    {
        lock (_gate)
        {
            var kept = _slots.Values.Where(static slot => slot.Bytes > 0).OrderByDescending(slot => slot == grown).ThenByDescending(static slot => slot.LastUse);
            var (count, bytes) = (0, 0L);
            foreach (var slot in kept)
            {
                (count, bytes) = (count + 1, bytes + slot.Bytes);
                if (count > MaxOrders || bytes > MaxBytes)
                {
                    slot.Clear();
                }
            }
        }
    }
}
