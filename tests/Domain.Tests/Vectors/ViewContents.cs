using System.Numerics;
using Cairn.Model;
using Cairn.Vectors;

namespace Cairn.Domain.Tests.Vectors;

/// <summary>What is in a view, and what should be.</summary>
internal static class ViewContents
{
    /// <summary>The codes of each row that the view has; a row twice is a failure.</summary>
    public static SortedDictionary<int, string> Of(VectorView view)
    {
        var found = new SortedDictionary<int, string>();
        for (var cluster = 0; cluster < view.Clustering.Count; cluster++)
        {
            foreach (var block in view.Blocks(cluster))
            {
                if (block is null)
                {
                    break;
                }

                Assert.Equal(cluster, block.Cluster);
                for (var live = view.LiveIn(block); live != 0; live &= live - 1)
                {
                    var slot = BitOperations.TrailingZeroCount(live);
                    found.Add(block[slot].Row, Text(block.Codes(slot), block[slot].Scale, block[slot].Offset));
                }
            }
        }

        Assert.Equal(view.Count, found.Count);
        return found;
    }

    /// <summary>The codes of some vectors.</summary>
    public static SortedDictionary<int, string> Of(IReadOnlyDictionary<int, float[]> vectors, VectorSpec spec)
    {
        var expected = new SortedDictionary<int, string>();
        var codes = new sbyte[spec.RowBytes];
        foreach (var (row, vector) in vectors)
        {
            Assert.True(VectorEncoding.TryEncode(vector, spec.Metric, codes, out var scale, out var offset));
            expected.Add(row, Text(codes, scale, offset));
        }

        return expected;
    }

    /// <summary>A vector in int8.</summary>
    public static string Text(ReadOnlySpan<sbyte> codes, float scale, float offset) => $"{string.Join(' ', codes.ToArray())} × {scale:R} − {offset:R}";
}
