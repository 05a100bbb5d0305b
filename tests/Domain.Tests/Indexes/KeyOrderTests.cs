using Cairn.Indexes;
using Cairn.Primitives;

namespace Cairn.Domain.Tests.Indexes;

public sealed class KeyOrderTests
{
    private static readonly byte[] Bytes = [0, 255, 128, (byte)'z'];

    [Fact]
    public void From_WhenKeysAreRandomAndTheTableGrows_AgreesWithASortedList() => Properties.CheckRandom(10, random =>
    {
        var table = new KeyTable(new KeyedHash(1));
        var order = new KeyOrder(table);
        for (var round = 0; round < 12; round++)
        {
            for (var added = random.Next(200); added > 0; added--)
            {
                table.FindOrAdd(Key(random));
            }

            var count = random.Next(3) == 0 ? random.Next(table.Count + 1) : table.Count;
            var sorted = Enumerable.Range(0, count).Select(number => table[number].ToArray()).ToList();
            sorted.Sort((a, b) => a.AsSpan().SequenceCompareTo(b));
            RequireSame(sorted, order, table, count, after: [], inclusive: true);
            for (var tries = 0; tries < 10; tries++)
            {
                var after = random.Next(2) == 0 && count > 0 ? sorted[random.Next(count)] : Key(random);
                RequireSame(sorted, order, table, count, after, random.Next(2) == 0);
            }
        }
    });

    [Fact]
    public void From_WhenPagesAreAskedForWhileKeysCome_GivesWhatWasThereThroughoutOnce()
    {
        var table = new KeyTable(new KeyedHash(1));
        var order = new KeyOrder(table);
        var random = new Random(11);
        while (table.Count < 5000)
        {
            table.FindOrAdd(Key(random));
        }

        var first = Enumerable.Range(0, 5000).Select(number => Convert.ToHexString(table[number])).ToHashSet();
        var seen = new List<string>();
        var after = Array.Empty<byte>();
        for (var inclusive = true; ; inclusive = false)
        {
            var walk = order.From(table.Count, after, inclusive);
            var page = 0;
            for (; page < 50 && walk.MoveNext(); page++)
            {
                after = table[walk.Current].ToArray();
                seen.Add(Convert.ToHexString(after));
            }

            if (page < 50)
            {
                break;
            }

            table.FindOrAdd(Key(random));
        }

        Assert.Equal(seen.Order(StringComparer.Ordinal), seen);
        Assert.Equal(seen.Distinct().Count(), seen.Count);
        Assert.Superset(first, seen.ToHashSet());
    }

    private static void RequireSame(List<byte[]> sorted, KeyOrder order, KeyTable table, int count, byte[] after, bool inclusive)
    {
        var expected = sorted.Where(key => key.AsSpan().SequenceCompareTo(after) is var sign && (sign > 0 || (sign == 0 && inclusive)));
        var walk = order.From(count, after, inclusive);
        foreach (var key in expected)
        {
            Assert.True(walk.MoveNext() && table[walk.Current].SequenceEqual(key));
        }

        Assert.False(walk.MoveNext());
    }

    /// <summary>Few distinct bytes, so that keys are prefixes of each other and agree in their first eight bytes; zeros and bytes above 127 among them.</summary>
    private static byte[] Key(Random random)
    {
        var key = new byte[random.Next(14)];
        for (var i = 0; i < key.Length; i++)
        {
            key[i] = i < 7 && random.Next(3) > 0 ? (byte)'k' : Bytes[random.Next(Bytes.Length)];
        }

        return key;
    }
}
