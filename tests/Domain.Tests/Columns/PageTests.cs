using Cairn.Columns;
using FsCheck;
using FsCheck.Fluent;

namespace Cairn.Domain.Tests.Columns;

public sealed class PageTests
{
    private static readonly Gen<(long Base, long Spread)> Ranges =
        from low in Gen.Elements(0, -1, 1, long.MinValue, long.MaxValue, -5_000_000_000, 1_767_225_600_000_000)
        from spread in Gen.Elements(0, 1, 127, 128, 255, 256, 65_535, 65_536, 2_147_483_648, uint.MaxValue, uint.MaxValue + 1L, long.MaxValue, -1)
        select (low, spread);

    private static readonly Gen<(ulong Low, ulong High)> Validity = Gen.OneOf(
        Gen.Constant((ulong.MaxValue, ulong.MaxValue)),
        Gen.Choose(0, 63).Select(rows => ((1UL << rows) - 1, 0UL)),
        Gen.Choose(0, 63).Select(rows => (ulong.MaxValue, (1UL << rows) - 1)),
        Gen.Choose(0, 63).Select(row => (1UL << row, 0UL)),
        Gen.Choose(0, 63).Select(row => (0UL, 1UL << row)),
        from seed in Gen.Choose(0, int.MaxValue - 1)
        let random = new Random(seed)
        select ((ulong)random.NextInt64() ^ ((ulong)random.NextInt64() << 1), (ulong)random.NextInt64()));

    private static readonly Gen<(long[] Cells, ulong Low, ulong High)> Pages =
        from range in Ranges
        from valid in Validity
        from seed in Gen.Choose(0, int.MaxValue - 1)
        select (Fill(range, seed), valid.Item1, valid.Item2);

    [Fact]
    public void Pack_WhenCellsAreOfAnyWidthAndPlace_GivesThemBack() => Properties.Check(200, Pages, input =>
    {
        var page = Page.Pack(input.Cells, input.Low, input.High);
        RequireSame(page, input.Cells, input.Low, input.High);
    });

    [Theory]
    [InlineData(0, 0)]
    [InlineData(1, 1)]
    [InlineData(255, 1)]
    [InlineData(256, 2)]
    [InlineData(65_535, 2)]
    [InlineData(65_536, 4)]
    [InlineData(uint.MaxValue, 4)]
    [InlineData(uint.MaxValue + 1L, 8)]
    [InlineData(long.MaxValue, 8)]
    public void Pack_WhenCellsSpread_TakesTheNarrowestWidth(long spread, int widthBytes)
    {
        var cells = new long[Page.Rows];
        cells[^1] = spread;

        Assert.Equal(widthBytes * Page.Rows, Page.Pack(cells, ulong.MaxValue, ulong.MaxValue)!.PackedBytes);
    }

    [Fact]
    public void Pack_WhenBothExtremesAreThere_GivesThemBack()
    {
        var cells = new long[Page.Rows];
        (cells[3], cells[90]) = (long.MinValue, long.MaxValue);

        RequireSame(Page.Pack(cells, ulong.MaxValue, ulong.MaxValue), cells, ulong.MaxValue, ulong.MaxValue);
    }

    [Fact]
    public void Pack_WhenNoRowHasACell_GivesNothing() => Assert.Null(Page.Pack(new long[Page.Rows], 0, 0));

    [Fact]
    public void Pack_WhenInvalidCellsHoldGarbage_IgnoresThem()
    {
        var cells = new long[Page.Rows];
        Array.Fill(cells, long.MinValue);
        (cells[0], cells[70]) = (5, 6);

        Assert.Equal(2, Page.Pack(cells, 1, 1UL << 6)!.PackedBytes);
    }

    private static void RequireSame(Page? page, long[] cells, ulong low, ulong high)
    {
        Assert.Equal((low | high) == 0, page is null);
        if (page is null)
        {
            return;
        }

        Assert.Equal((low, high), (page.ValidLow, page.ValidHigh));
        Span<long> copied = stackalloc long[Page.Rows];
        copied.Fill(-77);
        page.CopyTo(copied);
        for (var row = 0; row < Page.Rows; row++)
        {
            var valid = ((row < 64 ? low >> row : high >> (row - 64)) & 1) != 0;
            Assert.Equal(valid, page.TryGet(row, out var cell));
            Assert.Equal(valid ? cells[row] : 0, cell);
            Assert.Equal(valid ? cells[row] : -77, copied[row]);
        }
    }

    /// <summary>Cells between a base and base + spread, both ends among them; past the largest integer it goes on at the smallest.</summary>
    [Fact]
    public void Between_WhenCellsAreRandom_AgreesWithEachCell() => Properties.CheckRandom(300, random =>
    {
        var spread = new[] { 0L, 1, 200, 300, 70_000, 1L << 33, long.MaxValue }[random.Next(7)];
        var start = random.NextInt64(long.MinValue, long.MaxValue - spread);
        var cells = Enumerable.Range(0, Page.Rows).Select(_ => random.NextInt64(start, spread == long.MaxValue ? long.MaxValue : start + spread + 1)).ToArray();
        var page = Page.Pack(cells, AnyRows(random) | 1, AnyRows(random))!;
        for (var row = 0; row < Page.Rows; row++)
        {
            Assert.True(!page.TryGet(row, out var cell) || (UInt128)Int128.Abs(cell) <= page.MostFromZero);
        }

        long[] ends = [cells[random.Next(Page.Rows)], cells[random.Next(Page.Rows)], start, start - 1, start + spread, long.MinValue, long.MaxValue, random.NextInt64()];
        foreach (var low in ends)
        {
            foreach (var high in ends)
            {
                var between = page.Between(low, high);
                for (var row = 0; row < Page.Rows; row++)
                {
                    Assert.Equal(page.TryGet(row, out var cell) && cell >= low && cell <= high, ((between >> row) & 1) == 1);
                }
            }
        }
    });

    [Fact]
    public void BetweenFloat64_WhenCellsAreRandom_AgreesWithEachCell() => Properties.CheckRandom(300, random =>
    {
        double[] numbers = [0, -0.0, 1, -1, 0.5, 1e300, -1e300, double.Epsilon, 1.5, 7e-9];
        var least = random.Next(2) == 0 ? double.MinValue : 0;
        var cells = Enumerable.Range(0, Page.Rows).Select(_ => BitConverter.DoubleToInt64Bits(Math.Max(least, numbers[random.Next(numbers.Length)]))).ToArray();
        var page = Page.Pack(cells, AnyRows(random) | 1, AnyRows(random))!;
        double[] ends = [.. numbers, double.NegativeInfinity, double.PositiveInfinity];
        foreach (var low in ends)
        {
            foreach (var high in ends)
            {
                var between = page.BetweenFloat64(low, high);
                for (var row = 0; row < Page.Rows; row++)
                {
                    var number = page.TryGet(row, out var cell) ? BitConverter.Int64BitsToDouble(cell) : double.NaN;
                    Assert.Equal(number >= low && number <= high, ((between >> row) & 1) == 1);
                }
            }
        }
    });

    [Fact]
    public void Odd_WhenCellsAreRandom_AgreesWithEachCell() => Properties.CheckRandom(300, random =>
    {
        var spread = new[] { 1L, 2, 200, 70_000, 1L << 33, long.MaxValue }[random.Next(6)];
        var start = random.NextInt64(long.MinValue, long.MaxValue - spread);
        var cells = Enumerable.Range(0, Page.Rows).Select(_ => random.NextInt64(start, start + spread)).ToArray();
        var page = Page.Pack(cells, AnyRows(random) | 1, AnyRows(random))!;
        var odd = page.Odd();
        for (var row = 0; row < Page.Rows; row++)
        {
            Assert.Equal(page.TryGet(row, out var cell) && (cell & 1) == 1, ((odd >> row) & 1) == 1);
        }
    });

    private static ulong AnyRows(Random random) => random.Next(4) switch
    {
        0 => 0,
        1 => ulong.MaxValue,
        2 => ulong.MaxValue >> random.Next(1, 64),
        _ => (ulong)random.NextInt64() ^ ((ulong)random.NextInt64() << 1),
    };

    private static long[] Fill((long Base, long Spread) range, int seed)
    {
        var random = new Random(seed);
        var cells = new long[Page.Rows];
        for (var i = 0; i < cells.Length; i++)
        {
            var offset = random.Next(4) switch { 0 => 0, 1 => range.Spread, _ => range.Spread <= 0 ? random.NextInt64() : random.NextInt64(range.Spread) };
            cells[i] = unchecked(range.Base + offset);
        }

        return cells;
    }
}
