using Cairn.Indexes;

namespace Cairn.Domain.Tests.Indexes;

public sealed class AdjacencyTests
{
    private readonly Adjacency _adjacency = new();

    [Fact]
    public void Entries_WhenAHubHasAHundredThousand_GivesEachOnce()
    {
        const int Leaves = 100_000;
        static bool Same(IEnumerable<(int, int)> expected, List<(int, int)> actual) => expected.SequenceEqual(actual.Order());
        for (var leaf = 0; leaf < Leaves; leaf++)
        {
            _adjacency.EnsureRow(leaf + 1);
            _adjacency.Add(leaf * 2, 0, leaf + 1);
            _adjacency.Add((leaf * 2) + 1, leaf + 1, 0);
        }

        Assert.True(Same(Enumerable.Range(0, Leaves).Select(leaf => (leaf * 2, leaf + 1)), Entries(0, outgoing: true, int.MaxValue)));
        Assert.True(Same(Enumerable.Range(0, Leaves).Select(leaf => ((leaf * 2) + 1, leaf + 1)), Entries(0, outgoing: false, int.MaxValue)));
        Assert.Equal([(84, 0)], Entries(43, outgoing: false, int.MaxValue));
        Assert.Equal([(85, 0)], Entries(43, outgoing: true, int.MaxValue));

        // An entry takes a word, and a leaf two blocks of four.
        Assert.InRange(_adjacency.Bytes, 0, Leaves * (2L * 32 + 2 * 8) * 3 / 2);
    }

    [Fact]
    public void Entries_WhenTheSnapshotCountsFewer_LeavesOutTheRest()
    {
        _adjacency.EnsureRow(10);
        for (var association = 0; association < 1000; association++)
        {
            _adjacency.Add(association, 1, association % 10);
        }

        Assert.Equal(Enumerable.Range(0, 337), Entries(1, outgoing: true, 337).Select(entry => entry.Association).Order());
        Assert.Empty(Entries(1, outgoing: true, 0));
    }

    [Fact]
    public void Entries_WhenTheRowIsNew_AreNone()
    {
        Assert.Empty(Entries(5_000_000, outgoing: true, int.MaxValue));
        _adjacency.EnsureRow(0);
        Assert.Empty(Entries(0, outgoing: false, int.MaxValue));
    }

    [Fact]
    public void Entries_WhenGraphsAreRandom_AgreeWithLists() => Properties.CheckRandom(8, random =>
    {
        var adjacency = new Adjacency();
        var rows = random.Next(1, 3000);
        var (outgoing, incoming) = (new Dictionary<int, List<(int, int)>>(), new Dictionary<int, List<(int, int)>>());
        adjacency.EnsureRow(rows - 1);
        for (var association = 0; association < 3000; association++)
        {
            // Some rows are met far more often than others; loops are among them.
            var (source, target) = (random.Next(random.Next(rows) + 1), random.Next(random.Next(rows) + 1));
            adjacency.Add(association, source, target);
            List(outgoing, source).Add((association, target));
            List(incoming, target).Add((association, source));
        }

        for (var row = 0; row < rows; row++)
        {
            Assert.True(List(outgoing, row).SequenceEqual(Entries(adjacency, row, outgoing: true, int.MaxValue).Order()));
            Assert.True(List(incoming, row).SequenceEqual(Entries(adjacency, row, outgoing: false, int.MaxValue).Order()));
        }
    });

    [Fact]
    public void Entries_WhenTheWriterAdds_HoldEverythingThatWasPublished()
    {
        const int Associations = 200_000;
        const int Sources = 16;
        var published = 0;
        var wrong = 0;
        _adjacency.EnsureRow(Sources);
        var reader = new Thread(() =>
        {
            for (int count; (count = Volatile.Read(ref published)) < Associations;)
            {
                for (var source = 0; source < Sources; source += 5)
                {
                    var (found, sum) = (0, 0L);
                    var chain = _adjacency.Entries(source, outgoing: true);
                    while (chain.MoveNext(count))
                    {
                        (found, sum) = (found + 1, sum + chain.Association);
                    }

                    // Source s has the associations s, s + 16, s + 32 and so on.
                    var expected = count > source ? ((count - 1 - source) / Sources) + 1 : 0;
                    var expectedSum = ((long)expected * source) + ((long)Sources * expected * (expected - 1) / 2);
                    wrong += found == expected && sum == expectedSum ? 0 : 1;
                }
            }
        });
        reader.Start();
        for (var association = 0; association < Associations; association++)
        {
            _adjacency.Add(association, association % Sources, Sources);
            Volatile.Write(ref published, association + 1);
        }

        reader.Join();
        Assert.Equal(0, wrong);
    }

    private List<(int Association, int Other)> Entries(int row, bool outgoing, int associationRows) => Entries(_adjacency, row, outgoing, associationRows);

    private static List<(int Association, int Other)> Entries(Adjacency adjacency, int row, bool outgoing, int associationRows)
    {
        var entries = new List<(int, int)>();
        var chain = adjacency.Entries(row, outgoing);
        while (chain.MoveNext(associationRows))
        {
            entries.Add((chain.Association, chain.Other));
        }

        return entries;
    }

    private static List<(int, int)> List(Dictionary<int, List<(int, int)>> lists, int row) =>
        lists.TryGetValue(row, out var list) ? list : lists[row] = [];
}
