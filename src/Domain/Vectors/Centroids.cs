using Cairn.Model;

namespace Cairn.Vectors;

/// <summary>
/// The centres of clusters, in int8, ranked as vectors are. Immutable after they are added; any thread.
/// A vector belongs to the nearest one; for cosine centres are unit vectors, so that this is the one of the least angle.
/// </summary>
internal sealed class Centroids
{
    private readonly VectorSpec _spec;
    private readonly List<VectorBlock> _blocks = [];
    private readonly int _capacity;

    /// <param name="spec">Of the vectors.</param>
    public Centroids(VectorSpec spec) => (_spec, _capacity) = (spec, VectorBlock.WholeCapacity(spec.RowBytes));

    /// <summary>How many there are.</summary>
    public int Count { get; private set; }

    /// <summary>Bytes of memory, about.</summary>
    public long Bytes => _blocks.Sum(static block => (long)block.Bytes);

    /// <summary>How centres are encoded: of vectors that are ranked by their dot product, clusters are still what lies together.</summary>
    public static VectorMetric MetricOf(VectorMetric metric) => metric == VectorMetric.Dot ? VectorMetric.L2 : metric;

    /// <summary>Adds a centre before the first use. Shape [d].</summary>
    /// <returns>False: it has no direction.</returns>
    public bool TryAdd(ReadOnlySpan<float> centre)
    {
        Span<sbyte> codes = stackalloc sbyte[_spec.RowBytes];
        if (!VectorEncoding.TryEncode(centre, MetricOf(_spec.Metric), codes, out var scale, out var offset))
        {
            return false;
        }

        Add(codes, scale, offset);
        return true;
    }

    /// <summary>Adds a centre in int8 before the first use.</summary>
    public void Add(ReadOnlySpan<sbyte> codes, float scale, float offset)
    {
        if (Count % _capacity == 0)
        {
            _blocks.Add(new(_blocks.Count, 0, _capacity, _spec));
        }

        _blocks[^1].Append(new(Count++, scale, offset), codes);
    }

    /// <summary>A centre in int8.</summary>
    public ReadOnlySpan<sbyte> Codes(int centre) => _blocks[centre / _capacity].Codes(centre % _capacity);

    /// <summary>What belongs to a centre; its row is its number.</summary>
    public VectorSlot Value(int centre) => _blocks[centre / _capacity][centre % _capacity];

    /// <summary>The nearest centre to a vector in int8; of equal ones the first.</summary>
    public int Nearest(ReadOnlySpan<sbyte> codes, float scale)
    {
        Span<short> query = stackalloc short[codes.Length];
        Span<int> products = stackalloc int[VectorBlock.Slots];
        System.Numerics.Tensors.TensorPrimitives.ConvertTruncating(codes, query);
        var (nearest, best) = (0, float.NegativeInfinity);
        foreach (var block in _blocks)
        {
            var some = Products(block, query, products);
            for (var i = 0; i < some.Length; i++)
            {
                ref readonly var slot = ref block[i];
                var key = (some[i] * (slot.Scale * scale)) - slot.Offset;
                if (key > best)
                {
                    (nearest, best) = (slot.Row, key);
                }
            }
        }

        return nearest;
    }

    /// <summary>How much speaks for looking into each cluster. Keys: shape [<see cref="Count"/>], overwritten.</summary>
    public void Rank(EncodedQuery query, Span<float> keys)
    {
        Span<int> products = stackalloc int[VectorBlock.Slots];
        foreach (var block in _blocks)
        {
            var some = Products(block, query.Codes, products);
            for (var i = 0; i < some.Length; i++)
            {
                ref readonly var slot = ref block[i];
                keys[slot.Row] = (some[i] * (slot.Scale * query.Scale)) - (_spec.Metric == VectorMetric.Dot ? 0 : slot.Offset);
            }
        }
    }

    private ReadOnlySpan<int> Products(VectorBlock block, ReadOnlySpan<short> query, Span<int> products)
    {
        var some = products[..Math.Min(block.Capacity, Count - (block.Number * block.Capacity))];
        DotProducts.Compute(query, block.Codes(0, some.Length), some);
        return some;
    }
}
