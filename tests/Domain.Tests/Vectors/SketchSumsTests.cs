using System.Runtime.Intrinsics.X86;
using Cairn.Primitives;
using Cairn.Vectors;

namespace Cairn.Domain.Tests.Vectors;

public sealed class SketchSumsTests
{
    private const int TableBytes = SketchSums.Copies * VectorSketches.Points;

    private delegate void Path(ReadOnlySpan<byte> tables, ReadOnlySpan<byte> sketches, Span<ushort> sums);

    // Only what this machine has.
    private static IEnumerable<Path> Paths =>
    [
        SketchSums.ComputeByOne, SketchSums.ComputeBy128, SketchSums.Compute,
        .. Avx2.IsSupported ? new Path[] { SketchSums.ComputeBy256 } : [],
        .. Avx512BW.IsSupported ? new Path[] { SketchSums.ComputeBy512 } : [],
    ];

    [Fact]
    public void Compute_WhenPointsAreRandom_EveryPathIsExact() => Properties.CheckRandom(100, static random =>
    {
        var pairs = 4 * random.Next(1, 40);
        RequireExact(Tables(pairs, _ => (byte)random.Next(SketchSums.MaxEntry + 1)), [.. Enumerable.Range(0, pairs / 2 * VectorBlock.Slots).Select(_ => (byte)random.Next(256))]);
    });

    [Fact]
    public void Compute_WhenEverythingIsAsGreatAsItGets_NothingOverflows()
    {
        const int pairs = SketchSums.MaxComponents / VectorSketches.PairLength;

        RequireExact(Tables(pairs, static _ => SketchSums.MaxEntry), [.. Enumerable.Repeat((byte)0x5A, pairs / 2 * VectorBlock.Slots)]);
    }

    [Fact]
    public void Compute_WhenShapesDisagree_IsRefused() => Assert.All(Paths, static path =>
    {
        Assert.Throws<CairnException>(() => path(new byte[4 * TableBytes], new byte[127], new ushort[64]));
        Assert.Throws<CairnException>(() => path(new byte[2 * TableBytes], new byte[64], new ushort[64]));
        Assert.Throws<CairnException>(() => path(new byte[4 * TableBytes], new byte[128], new ushort[63]));
        Assert.Throws<CairnException>(() => path(new byte[3 * TableBytes], new byte[128], new ushort[64]));
        Assert.Throws<CairnException>(() => path([], [], new ushort[64]));
    });

    private static byte[] Tables(int pairs, Func<int, byte> entry) =>
        [.. Enumerable.Range(0, pairs).SelectMany(pair => Enumerable.Repeat(Enumerable.Range(0, VectorSketches.Points).Select(entry).ToArray(), SketchSums.Copies).SelectMany(static copy => copy))];

    private static void RequireExact(byte[] tables, byte[] sketches)
    {
        var expected = new int[VectorBlock.Slots];
        for (var at = 0; at < sketches.Length; at++)
        {
            var pair = at / VectorBlock.Slots * 2;
            expected[at % VectorBlock.Slots] += tables[(pair * TableBytes) + (sketches[at] % 16)] + tables[((pair + 1) * TableBytes) + (sketches[at] / 16)];
        }

        foreach (var path in Paths)
        {
            var sums = new ushort[VectorBlock.Slots];
            path(tables, sketches, sums);
            Assert.Equal(expected, sums.Select(static sum => (int)sum));
        }
    }
}
