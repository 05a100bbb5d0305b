using System.Runtime.Intrinsics.X86;
using Cairn.Primitives;
using Cairn.Vectors;

namespace Cairn.Domain.Tests.Vectors;

public sealed class DotProductsTests
{
    private delegate void Path(ReadOnlySpan<short> query, ReadOnlySpan<sbyte> rows, Span<int> products);

    // Only what this machine has.
    private static IEnumerable<Path> Paths =>
    [
        DotProducts.ComputeByOne, DotProducts.ComputeBy128, DotProducts.Compute,
        .. Avx2.IsSupported ? new Path[] { DotProducts.ComputeBy256 } : [],
        .. Avx512BW.IsSupported ? new Path[] { DotProducts.ComputeBy512 } : [],
    ];

    [Fact]
    public void Compute_WhenRowsAreRandom_EveryPathIsExact() => Properties.CheckRandom(200, static random =>
    {
        var length = DotProducts.RowMultiple * random.Next(1, 20);
        var most = DotProducts.MaxQueryCode(length);
        var query = Enumerable.Range(0, length).Select(_ => (short)random.Next(-most, most + 1)).ToArray();
        var rows = Enumerable.Range(0, length * random.Next(0, 12)).Select(_ => (sbyte)random.Next(-127, 128)).ToArray();

        RequireExact(query, rows);
    });

    [Theory]
    [InlineData(4096, 127)]
    [InlineData(4096, -127)]
    [InlineData(32, 127)]
    public void Compute_WhenEverythingIsAsGreatAsItGets_NothingOverflows(int length, sbyte code)
    {
        var query = Enumerable.Repeat((short)DotProducts.MaxQueryCode(length), length).ToArray();

        RequireExact(query, [.. Enumerable.Repeat(code, 5 * length)]);
    }

    [Fact]
    public void Compute_WhenShapesDisagree_IsRefused() => Assert.All(Paths, static path =>
    {
        Assert.Throws<CairnException>(() => path(new short[32], new sbyte[63], new int[2]));
        Assert.Throws<CairnException>(() => path(new short[31], new sbyte[31], new int[1]));
        Assert.Throws<CairnException>(() => path([], [], new int[1]));
    });

    private static void RequireExact(short[] query, sbyte[] rows)
    {
        long[] expected = [.. rows.Chunk(query.Length).Select(row => row.Select((code, i) => (long)code * query[i]).Sum())];
        foreach (var path in Paths)
        {
            var products = new int[expected.Length];
            path(query, rows, products);
            Assert.Equal(expected, products.Select(static product => (long)product));
        }
    }
}
