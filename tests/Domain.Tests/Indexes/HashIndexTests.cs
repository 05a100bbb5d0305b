using Cairn.Indexes;
using Cairn.Primitives;

namespace Cairn.Domain.Tests.Indexes;

public sealed class HashIndexTests
{
    private readonly HashIndex _index = new();

    [Fact]
    public void Find_WhenManyRowsAreIn_FindsEachAndNoOther()
    {
        const int Rows = 300_000;
        var hash = new KeyedHash(7);
        for (var row = 0; row < Rows; row++)
        {
            _index.Add(hash.Of((ulong)row, 1), row);
        }

        Assert.Equal(0, Enumerable.Range(0, Rows).Count(row => !Find(hash.Of((ulong)row, 1), row)));
        Assert.Equal(0, Enumerable.Range(0, 100_000).Count(row => Find(hash.Of((ulong)row, 2), _ => false) >= 0));
    }

    /// <summary>What readers compare is the upper half of the hash; rows that share it, or most of it, only cost time.</summary>
    [Theory]
    [InlineData(5000, 0xFFFFFFFF_00000000, 3)]
    [InlineData(700, 0x00000000_FFFFFFFF, 0)]
    [InlineData(5000, 0x0001FFFF_00000000, 0)]
    [InlineData(5000, 0xFFFF8000_00000000, 0)]
    [InlineData(3000, 0x00000000_00000000, 0)]
    public void Find_WhenTagsCollide_FindsEach(int rows, ulong kept, int spread)
    {
        ulong Hash(int row) => ((ulong)(row >> spread) * 0x9E3779B97F4A7C15) & kept;
        for (var row = 0; row < rows; row++)
        {
            _index.Add(Hash(row), row);
            Assert.Equal(-1, Find(Hash(row), _ => false));
        }

        Assert.Equal(0, Enumerable.Range(0, rows).Count(row => !Find(Hash(row), row)));
    }

    [Fact]
    public void Find_WhenTheWriterAdds_SeesEveryRowThatWasPublished()
    {
        const int Rows = 400_000;
        var hash = new KeyedHash(99);
        var published = 0;
        var missing = 0;
        var reader = new Thread(() =>
        {
            var random = new Random(5);
            for (int count; (count = Volatile.Read(ref published)) < Rows;)
            {
                for (var i = 0; i < 100 && count > 0; i++)
                {
                    // Rows that were just added lie in segments that are being replaced.
                    var row = random.Next(2) == 0 ? random.Next(count) : count - 1 - random.Next(Math.Min(count, 1000));
                    missing += Find(hash.Of((ulong)row, 0), row) ? 0 : 1;
                }
            }
        });
        reader.Start();
        for (var row = 0; row < Rows; row++)
        {
            _index.Add(hash.Of((ulong)row, 0), row);
            Volatile.Write(ref published, row + 1);
        }

        reader.Join();
        Assert.Equal(0, missing);
    }

    private bool Find(ulong hash, int row) => Find(hash, found => found == row) == row;

    private int Find(ulong hash, Func<int, bool> matches)
    {
        var matcher = new Matcher(matches);
        return _index.Find(hash, ref matcher);
    }

    private readonly struct Matcher(Func<int, bool> matches) : IEntryMatcher
    {
        public bool Matches(int row) => matches(row);
    }
}
