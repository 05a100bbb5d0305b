using Cairn.Query;
using Cairn.Snapshots;

namespace Cairn.Domain.Tests.Query;

public sealed class ShortestSearchTests
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    /// <summary>Adjacency is shared by all snapshots: an old one meets rows that its working memory has no room for.</summary>
    [Theory]
    [InlineData(Direction.Out, "from", "to")]
    [InlineData(Direction.In, "to", "from")]
    [InlineData(Direction.Both, "from", "to")]
    public void Find_WhenConceptsCameAfterTheSnapshot_LooksPastThem(Direction direction, string from, string to)
    {
        var graph = new QueryGraph();
        graph.Associate([("from", "a"), ("from", "b"), ("a", "c"), ("b", "d"), ("c", "to"), ("d", "to")]);
        var old = graph.Publish();
        string[] ids = ["from", "a", "b", "c", "d", "to"];
        graph.Associate(ids.SelectMany(id => Enumerable.Range(0, 40).SelectMany(i => new[] { (id, $"{id}-{i}"), ($"{i}-{id}", id) })));

        Span<int> path = stackalloc int[PathQuery.MaxDepthLimit + 1];
        var search = new ShortestSearch<AllEdges>(
            new(old, default, direction, new(old.ConceptRows)), new(long.MaxValue, Deadline.None, Token));
        var length = search.Find(
            new() { From = Row(old, from), To = Row(old, to), MaxLength = 6, MaxCost = long.MaxValue }, path);

        Assert.Equal(3, length);
        string[] expected = ["from", "a", "c", "to"];
        var found = path[..4].ToArray().Select(row => QueryGraph.Text(old, row));
        Assert.Equal(from == "from" ? expected : expected.Reverse(), found);
    }

    /// <summary>Levels that are tied to each other give many equally long paths, which only their ids tell apart, some of them late.</summary>
    [Fact]
    public void Run_WhenManyPathsAreEquallyLong_GivesThemInTheOrderOfTheirIds() => Properties.CheckRandom(150, random =>
    {
        var graph = new QueryGraph();
        var (levels, width) = (random.Next(2, 6), random.Next(2, 5));
        var ids = Enumerable.Range(0, (levels * width) + 2).Select(i => $"c{i}").ToArray();
        random.Shuffle(ids);
        foreach (var level in Enumerable.Range(0, levels + 1))
        {
            Tie(graph, random, Level(ids, level - 1, width), Level(ids, level, width));
        }

        graph.PutExpiring(random.GetItems(ids, 1)[0], TimeSpan.FromMinutes(1));
        var snapshot = graph.Publish();
        foreach (var direction in Enum.GetValues<Direction>())
        {
            var (from, to) = direction == Direction.In ? (ids[^1], ids[^2]) : (ids[^2], ids[^1]);
            var types = random.Next(2) == 0 ? Array.Empty<string>() : ["knows", "is"];
            var maxDepth = levels + random.Next(-1, 3);
            var paths = new NaivePaths(new(snapshot, graph.Now), direction, types).Best(Row(snapshot, from), Row(snapshot, to), PathMode.Shortest, Math.Max(1, maxDepth), 12);
            foreach (var limit in new[] { 1, 2, 12 })
            {
                var query = new PathQuery
                {
                    From = Row(snapshot, from),
                    To = Row(snapshot, to),
                    Now = graph.Now,
                    Direction = direction,
                    Types = CodeFilter.OfTypes(snapshot, types),
                    MaxDepth = Math.Max(1, maxDepth),
                    Limit = limit,
                };
                Assert.Equal(paths.Take(limit).SelectMany(path => path.Concepts), query.Run(snapshot, Token).Paths.SelectMany(path => path.Concepts));
            }
        }
    });

    // The last id but one stands before all levels, the last one behind them.
    private static ArraySegment<string> Level(string[] ids, int level, int width) =>
        level < 0 ? new(ids, ids.Length - 2, 1)
        : (level + 1) * width > ids.Length - 2 ? new(ids, ids.Length - 1, 1)
        : new(ids, level * width, width);

    // Nearly all pairs, some of them twice, in an order of their own; within a level too, and itself.
    private static void Tie(QueryGraph graph, Random random, ArraySegment<string> sources, ArraySegment<string> targets)
    {
        var pairs = sources.SelectMany(source => targets.Select(target => (source, target))).ToArray();
        random.Shuffle(pairs);
        foreach (var (source, target) in pairs.Where(_ => random.Next(8) > 0))
        {
            graph.Associate(source, target, QueryGraph.Types[random.Next(3)], random.Next(4) == 0 ? "k" : "");
            graph.Associate(source, target, QueryGraph.Types[random.Next(3)]);
        }

        graph.Associate(random.GetItems(targets.ToArray(), 1)[0], random.GetItems(targets.ToArray(), 1)[0]);
    }

    private static int Row(Snapshot snapshot, string id) => snapshot.FindConcept(QueryGraph.Id(id));
}
