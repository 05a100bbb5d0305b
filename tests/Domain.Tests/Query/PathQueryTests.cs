using Cairn.Primitives;
using Cairn.Query;
using Cairn.Snapshots;
using FsCheck;
using FsCheck.Fluent;

namespace Cairn.Domain.Tests.Query;

public sealed class PathQueryTests
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData(PathMode.Shortest)]
    [InlineData(PathMode.Strongest)]
    public void Run_WhenGraphIsSmall_GivesWhatEnumerationGives(PathMode mode) => Check.One(
        Config.QuickThrowOnFailure.WithMaxTest(200).WithEndSize(300),
        Prop.ForAll<byte[]>(program =>
        {
            var (graph, half, end) = QueryGraph.Run(program);
            foreach (var snapshot in new[] { half, end })
            {
                CheckAll(snapshot, graph.Now, null, [], new() { From = 0, To = 0, Now = graph.Now, Mode = mode, MaxDepth = 3, Limit = 4 });
                CheckAll(snapshot, graph.Now, null, ["knows", "is"], new() { From = 0, To = 0, Now = graph.Now, Mode = mode, Limit = 100 });
                CheckAll(snapshot, graph.Now, graph.Now, [], new() { From = 0, To = 0, Now = graph.Now, ValidAt = graph.Now, Mode = mode });
            }
        }));

    // Large enough that a search ends before it has seen the whole graph.
    [Theory]
    [InlineData(PathMode.Shortest)]
    [InlineData(PathMode.Strongest)]
    public void Run_WhenGraphIsLarger_GivesWhatEnumerationGives(PathMode mode) => Check.One(
        Config.QuickThrowOnFailure.WithMaxTest(40),
        Prop.ForAll(Gen.Choose(0, int.MaxValue - 1).ToArbitrary(), seed =>
        {
            var random = new Random(seed);
            var graph = QueryGraph.Random(random, concepts: 150, associations: 320);
            var snapshot = graph.Publish();
            var direction = random.GetItems(Enum.GetValues<Direction>(), 1)[0];
            var paths = new NaivePaths(new(snapshot, graph.Now), direction, []);
            var query = new PathQuery { From = 0, To = 0, Now = graph.Now, Mode = mode, Direction = direction, MaxDepth = random.Next(3, 7) };
            for (var pair = 0; pair < 8; pair++)
            {
                var asked = query with { From = random.Next(snapshot.ConceptRows), To = random.Next(snapshot.ConceptRows), Limit = random.Next(1, 30) };
                AssertSame(paths.Best(asked.From, asked.To, mode, asked.MaxDepth, asked.Limit), asked.Run(snapshot, Token).Paths);
            }
        }));

    [Fact]
    public void Run_WhenRowsAreInAnotherOrder_GivesTheSamePaths() => Check.One(
        Config.QuickThrowOnFailure.WithMaxTest(60),
        Prop.ForAll(Gen.Choose(0, int.MaxValue - 1).ToArbitrary(), seed =>
        {
            var random = new Random(seed);
            var pairs = Enumerable.Range(0, 120).Select(_ => ($"c{random.Next(40)}", $"c{random.Next(40)}")).Distinct().ToArray();
            var first = Answers(pairs);
            random.Shuffle(pairs);
            Assert.Equal(first, Answers(pairs));
        }));

    [Fact]
    public void Run_WhenFromIsTo_GivesThePathOfLengthZero()
    {
        var graph = new QueryGraph();
        graph.Associate("a", "a");
        graph.Associate("a", "b");
        var snapshot = graph.Publish();

        var result = new PathQuery { From = 0, To = 0, Now = graph.Now, Limit = 5 }.Run(snapshot, Token);

        var path = Assert.Single(result.Paths);
        Assert.Equal([0], path.Concepts);
        Assert.Equal((0, 1d, false), (path.Length, path.Score, result.Truncated));
    }

    [Fact]
    public void Run_WhenStrengthDecays_TakesTheStrengthOfNow()
    {
        var graph = new QueryGraph { HalfLife = TimeSpan.FromDays(1) };
        graph.Associate("a", "b", strength: 0.75f);
        graph.Associate("b", "d", confidence: 0.5f);
        graph.Pass(TimeSpan.FromDays(2));
        graph.Associate("a", "c", strength: 0.5f);
        graph.Associate("c", "d", strength: 0.5f);
        graph.Associate("c", "d", key: "weaker", strength: 0.25f);
        graph.Associate("a", "d", strength: 0);
        var snapshot = graph.Publish();
        var query = new PathQuery { From = snapshot.FindConcept("a"u8), To = snapshot.FindConcept("d"u8), Now = graph.Written.Plus(TimeSpan.FromDays(1)), Limit = 9 };

        var strongest = (query with { Mode = PathMode.Strongest }).Run(snapshot, Token).Paths;

        Assert.Equal(["a-c-d", "a-b-d", "a-d"], strongest.Select(path => string.Join('-', path.Concepts.Select(row => QueryGraph.Text(snapshot, row)))));
        Assert.Equal([0.25 * 0.25, 0.75 / 8 * (0.5 / 8), 0], strongest.Select(path => path.Score));
        Assert.Equal([0, 0.75 / 8 * (0.5 / 8), 0.25 * 0.25], query.Run(snapshot, Token).Paths.Select(path => path.Score));
    }

    [Theory]
    [InlineData(31, 0)]
    [InlineData(32, 1)]
    public void Run_WhenThePathIsAsLongAsAllowed_FindsIt(int maxDepth, int paths)
    {
        var graph = new QueryGraph();
        graph.Associate(Enumerable.Range(0, 40).Select(i => ($"c{i}", $"c{i + 1}")));
        var snapshot = graph.Publish();

        foreach (var mode in Enum.GetValues<PathMode>())
        {
            var query = new PathQuery { From = snapshot.FindConcept("c0"u8), To = snapshot.FindConcept("c32"u8), Now = graph.Now, MaxDepth = maxDepth, Mode = mode };
            Assert.Equal(paths, query.Run(snapshot, Token).Paths.Count);
        }
    }

    internal static void CheckAll(Snapshot snapshot, Timestamp now, Timestamp? validAt, string[] types, PathQuery query)
    {
        var naive = new NaiveGraph(snapshot, now, validAt);
        foreach (var direction in Enum.GetValues<Direction>())
        {
            var paths = new NaivePaths(naive, direction, types);
            for (var from = 0; from < snapshot.ConceptRows; from++)
            {
                for (var to = 0; to < snapshot.ConceptRows; to++)
                {
                    var asked = query with { From = from, To = to, Direction = direction, Types = CodeFilter.OfTypes(snapshot, types) };
                    var result = asked.Run(snapshot, Token);
                    Assert.False(result.Truncated);
                    AssertSame(paths.Best(from, to, query.Mode, query.MaxDepth, query.Limit), result.Paths);
                }
            }
        }
    }

    private static void AssertSame(IReadOnlyList<ConceptPath> expected, IReadOnlyList<ConceptPath> actual)
    {
        Assert.Equal(expected.Select(Text), actual.Select(Text));
        Assert.Equal(expected.Select(path => path.Score), actual.Select(path => path.Score));
    }

    private static string Text(ConceptPath path) => $"{string.Join('-', path.Concepts)} by {string.Join(',', path.Associations)}";

    private static List<string> Answers((string, string)[] pairs)
    {
        var graph = new QueryGraph();
        graph.Associate(pairs);
        var snapshot = graph.Publish();
        var answers = new List<string>();
        foreach (var mode in Enum.GetValues<PathMode>())
        {
            foreach (var (from, to) in new[] { ("c0", "c1"), ("c2", "c3"), ("c4", "c5"), ("c6", "c7") })
            {
                var (a, b) = (snapshot.FindConcept(QueryGraph.Id(from)), snapshot.FindConcept(QueryGraph.Id(to)));
                if (a >= 0 && b >= 0)
                {
                    var result = new PathQuery { From = a, To = b, Now = graph.Now, Mode = mode, Limit = 20 }.Run(snapshot, Token);
                    answers.AddRange(result.Paths.Select(path =>
                        string.Join('-', path.Concepts.Select(row => QueryGraph.Text(snapshot, row)))));
                }
            }
        }

        return answers;
    }
}
