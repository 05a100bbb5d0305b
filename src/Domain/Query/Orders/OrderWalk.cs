using Cairn.Query.Expressions;

namespace Cairn.Query.Orders;

/// <summary>
/// Walks over rows of an order between two positions, up, or down: then the values go down, and rows of equal value still go by id, up. One thread.
/// </summary>
internal sealed class OrderWalk
{
    private readonly FieldOrder _order;
    private readonly int _first;
    private int _end;

    // Rows that come next in their order; down, those of one value.
    private int _at;
    private int _atEnd;

    /// <param name="order">The order.</param>
    /// <param name="first">The first position.</param>
    /// <param name="end">Behind the last one.</param>
    /// <param name="descending">Down.</param>
    /// <param name="after">Where it begins, behind it; null: at its beginning. Its value is none of those without a place.</param>
    public OrderWalk(FieldOrder order, int first, int end, bool descending, OrderPlace? after)
    {
        (_order, _first, _end) = (order, first, Math.Max(first, end));
        if (!descending)
        {
            (_at, _atEnd, _end) = (after is null ? first : Math.Max(first, order.FirstBehind(after.Value(0), after.Id)), _end, first);
        }
        else if (after is not null)
        {
            (_at, _atEnd) = (Math.Max(first, order.FirstBehind(after.Value(0), after.Id)), Math.Min(_end, order.FirstBehind(after.Value(0))));
            _end = Math.Clamp(order.FirstNotBefore(after.Value(0)), first, _end);
        }
    }

    /// <summary>The row reached.</summary>
    public int Row { get; private set; }

    /// <summary>Goes to the next row; false: there is none.</summary>
    public bool MoveNext()
    {
        if (_at >= _atEnd)
        {
            if (_end <= _first)
            {
                return false;
            }

            (_at, _atEnd) = (FirstEqual(_end - 1), _end);
            _end = _at;
        }

        Row = _order.Rows[_at++];
        return true;
    }

    // Most values differ from the one before.
    private int FirstEqual(int position)
    {
        var value = _order.Image.Read(_order.Rows[position]);
        return position == _first || ValueOrder.Compare(_order.Image.Read(_order.Rows[position - 1]), value, descending: false) != 0
            ? position
            : _order.FirstNotBefore(value, _first, position);
    }
}
