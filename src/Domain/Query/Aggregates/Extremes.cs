using Cairn.Formats;
using Cairn.Model;
using Cairn.Query.Expressions;
using Cairn.Snapshots;

namespace Cairn.Query.Aggregates;

/// <summary>First or last values in order. Texts and bytes stay where they lie: only the row is kept. Of equal numbers an integer stands before a float, 0.0 before −0.0.</summary>
internal sealed class Extremes(AggregateItem item, Snapshot snapshot, BoundField field) : ValueAccumulator(snapshot, field)
{
    private readonly BoundField _field = field;
    private readonly Snapshot _snapshot = snapshot;
    private readonly bool _isMax = item.Function == AggregateFunction.Max;
    private Extreme[] _extremes = new Extreme[16];

    public override void Require(int groups) => Require(ref _extremes, groups);

    public override ValueView Result(int group) => _extremes[group] switch
    {
        { Kind: ValueKind.String or ValueKind.Bytes } extreme => _field.Read(extreme.Row),
        var extreme => new(extreme.Kind, extreme.Bits, default),
    };

    protected override void Add(in ValueView value, int row, int group)
    {
        if (!ValueOrder.HasOrder(value.Kind))
        {
            throw ValueOrder.Unordered(item.Of!.Field, item.Of.Reference, _snapshot.Ids[row], value);
        }

        ref var extreme = ref _extremes[group];
        if (extreme.Kind == ValueKind.Null || IsBetter(value, Result(group)))
        {
            extreme = new(value.Kind, value.Bits, row);
        }
    }

    private bool IsBetter(in ValueView value, in ValueView than)
    {
        var order = ValueOrder.Compare(value, than, _isMax);
        return order < 0 || (order == 0 && (value.Kind, than.Kind) switch
        {
            (ValueKind.Int64, ValueKind.Float64) => true,
            (ValueKind.Float64, ValueKind.Float64) => value.Bits > than.Bits,
            _ => false,
        });
    }

    private readonly record struct Extreme(ValueKind Kind, long Bits, int Row);
}
