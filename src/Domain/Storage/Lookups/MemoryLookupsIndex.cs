using System.Globalization;
using Cairn.Model;
using Cairn.Primitives;

namespace Cairn.Storage.Lookups;

/// <summary>A lookups index in memory, for tests and simulation: forgets all at the end of the process, and no tombstone before. Deterministic; any thread.</summary>
public sealed class MemoryLookupsIndex : ILookupsIndex
{
    private readonly Lock _gate = new();
    private readonly Dictionary<Incarnation, Life> _lives = [];
    private long _tags;

    /// <inheritdoc/>
    public ValueTask<LookupsWatermark?> FindWatermarkAsync(Incarnation life, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        lock (_gate)
        {
            return new(_lives.GetValueOrDefault(life)?.Watermark);
        }
    }

    /// <inheritdoc/>
    public ValueTask<LookupsWatermark?> TryAdvanceAsync(Incarnation life, LookupsWatermark next, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        lock (_gate)
        {
            var here = LifeOf(life);
            if (here.Watermark?.Tag != next.Tag || here.Watermark is { IsDropped: true })
            {
                return new((LookupsWatermark?)null);
            }

            return new(here.Watermark = next with { Tag = new((++_tags).ToString(CultureInfo.InvariantCulture)) });
        }
    }

    /// <inheritdoc/>
    public ValueTask WriteAsync(Incarnation life, IReadOnlyList<LookupDocument> documents, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        lock (_gate)
        {
            var here = LifeOf(life);
            foreach (var document in documents)
            {
                if (!here.Documents.TryGetValue(document.Id, out var before) || before.Position < document.Position)
                {
                    here.Documents[document.Id] = document;
                }
            }
        }

        return ValueTask.CompletedTask;
    }

    /// <inheritdoc/>
    public ValueTask<IReadOnlyList<LookupDocument?>> ReadAsync(Incarnation life, IReadOnlyList<ReadOnlyMemory<byte>> ids, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        lock (_gate)
        {
            var here = LifeOf(life);
            return new([.. ids.Select(id => here.Documents.TryGetValue(id, out var found) && found.State != LookupState.Deleted ? found : null)]);
        }
    }

    /// <inheritdoc/>
    public ValueTask<LookupsPage> QueryAsync(Incarnation life, LookupsQuery query, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        lock (_gate)
        {
            var found = LifeOf(life).Documents.Values
                .Where(document => document.State != LookupState.Deleted && document.Id.Span.SequenceCompareTo(query.After.Span) > 0 && Meets(document, query.Condition))
                .Take(query.Most + 1)
                .ToList();
            var page = found.Take(query.Most).Select(document => query.IsBare ? document with { Body = default } : document);
            return new(new LookupsPage([.. page], found.Count <= query.Most));
        }
    }

    /// <inheritdoc/>
    public ValueTask<IReadOnlyList<Incarnation>> ListAsync(CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        lock (_gate)
        {
            return new([.. _lives.Where(static life => life.Value.Watermark is not null).Select(static life => life.Key)]);
        }
    }

    /// <inheritdoc/>
    public ValueTask DropAsync(Incarnation life, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        lock (_gate)
        {
            var here = LifeOf(life);
            here.Watermark = new() { IsDropped = true };
            here.Documents.Clear();
        }

        return ValueTask.CompletedTask;
    }

    /// <summary>Nothing is held.</summary>
    public ValueTask DisposeAsync() => ValueTask.CompletedTask;

    private static bool Meets(LookupDocument document, LookupCondition? condition) => document.State == LookupState.TooLarge || condition switch
    {
        null => true,
        AllHold all => all.Terms.All(term => Meets(document, term)),
        OneHolds one => one.Terms.Any(term => Meets(document, term)),
        CarriesLabel label => document.Labels.Contains(label.Label),
        IdBeginsWith id => document.Id.Span.StartsWith(id.Prefix.Span),
        AttributeIsSet set => document.Attributes.ContainsKey(set.Name) == set.IsSet,
        AttributeEquals equals => ImageOf(document, equals.Name) is { } image && AreEqual(image, equals.Image),
        AttributeBetween between => ImageOf(document, between.Name) is { } image && IsBetween(image, between.Least, between.Most),
        AttributeBeginsWith begins => ImageOf(document, begins.Name) is { Kind: ValueKind.String } text && text.AsString.StartsWith(begins.Prefix, StringComparison.Ordinal),
        AttributeHolds holds => ImageOf(document, holds.Name) is { } image && Holds(image, holds.Item),
        _ => throw new CairnException(ErrorKind.Internal, $"a condition cannot be asked: {condition.GetType().Name}"),
    };

    private static Value? ImageOf(LookupDocument document, string name) => document.Attributes.TryGetValue(name, out var image) ? image : (Value?)null;

    private static bool Holds(Value image, Value item) =>
        image.Kind == ValueKind.String || (image.Kind == ValueKind.Array && image.AsArray.Any(each => AreEqual(each, item)));

    private static bool IsBetween(Value image, Value? least, Value? most) =>
        (least is not { } low || Compare(image, low) >= 0) && (most is not { } high || Compare(image, high) <= 0);

    private static bool AreEqual(Value left, Value right) => left.Kind == ValueKind.String && right.Kind == ValueKind.String
        ? left.AsString.Equals(right.AsString, StringComparison.Ordinal)
        : Compare(left, right) == 0;

    // Null: they do not compare, and no relation to null holds.
    private static int? Compare(Value left, Value right) => (left.Kind, right.Kind) switch
    {
        (ValueKind.Bool, ValueKind.Bool) => left.AsBool.CompareTo(right.AsBool),
        (ValueKind.Float64, ValueKind.Float64) => left.AsFloat64.CompareTo(right.AsFloat64),
        (ValueKind.DateTime, ValueKind.DateTime) => left.AsDateTime.CompareTo(right.AsDateTime),
        _ => null,
    };

    private Life LifeOf(Incarnation life)
    {
        if (!_lives.TryGetValue(life, out var here))
        {
            _lives.Add(life, here = new());
        }

        return here;
    }

    private sealed class Life
    {
        public LookupsWatermark? Watermark { get; set; }

        public SortedDictionary<ReadOnlyMemory<byte>, LookupDocument> Documents { get; } = new(new ByBytes());
    }

    private sealed class ByBytes : IComparer<ReadOnlyMemory<byte>>
    {
        public int Compare(ReadOnlyMemory<byte> x, ReadOnlyMemory<byte> y) => x.Span.SequenceCompareTo(y.Span);
    }
}
