using System.Globalization;
using Cairn.Primitives;
using Cairn.Query;
using Cairn.Snapshots;
using FsCheck;
using FsCheck.Fluent;

namespace Cairn.Domain.Tests.Query;

public sealed class NeighborQueryTests
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public void Run_WhenPagedInAnyWay_GivesWhatANaiveScanGives() => Check.One(
        Config.QuickThrowOnFailure.WithMaxTest(150).WithEndSize(240),
        Prop.ForAll<byte[]>(program =>
        {
            var (graph, half, end) = QueryGraph.Run(program);
            foreach (var snapshot in new[] { half, end })
            {
                CheckAll(snapshot, graph.Now, null, [], []);
                CheckAll(snapshot, graph.Now, graph.Now, ["knows", "nothing"], []);
                CheckAll(snapshot, graph.Now, null, [], ["place", "p"]);
                CheckAll(snapshot, graph.Now, null, ["nothing"], []);
                CheckAll(snapshot, graph.Now, null, [], ["nothing"]);
            }
        }));

    [Theory]
    [InlineData(Direction.Both, 6001)]
    [InlineData(Direction.Out, 6001)]
    [InlineData(Direction.In, 5000)]
    public void Step_WhenTheConceptIsAHub_EndsInTheMidstAndGoesOn(Direction direction, int first)
    {
        var graph = new QueryGraph();
        for (var i = 0; i < 6001; i++)
        {
            graph.Associate("hub", $"o{i:0000}");
            if (i < 5000)
            {
                graph.Associate($"i{i:0000}", "hub");
            }
        }

        var snapshot = graph.Publish();
        var query = new NeighborQuery { Concept = snapshot.FindConcept("hub"u8), Now = graph.Now, Direction = direction, Limit = 1000 };
        var scan = query.Start(snapshot);
        Assert.True(scan.Step());
        Assert.InRange(scan.RowsVisited, 4096, 4096 + 256);

        var seen = new List<NeighborEdge>();
        for (var page = scan.Run(Token); ; page = (query with { After = page.Next }).Run(snapshot, Token))
        {
            seen.AddRange(page.Items);
            if (page.Next is null)
            {
                break;
            }
        }

        var names = seen.Select(edge => System.Text.Encoding.UTF8.GetString(snapshot.Concept(edge.Neighbor).Id)).ToArray();
        Assert.Equal(direction == Direction.Both ? 11_001 : first, names.Distinct().Count());
        Assert.Equal(names[..first].Order(StringComparer.Ordinal), names[..first]);
        Assert.Equal(names.Length, names.Distinct().Count());
    }

    [Fact]
    public void Run_WhenTheConceptIsDead_IsEmpty()
    {
        var graph = new QueryGraph();
        graph.Put("a");
        graph.Associate("a", "b");
        graph.Delete("a");
        var snapshot = graph.Publish();

        var page = new NeighborQuery { Concept = snapshot.FindConcept("a"u8), Now = graph.Now }.Run(snapshot, Token);

        Assert.Empty(page.Items);
        Assert.Null(page.Next);
    }

    [Theory]
    [InlineData("")]
    [InlineData("x")]
    [InlineData("o,knows,b,,more")]
    [InlineData("n,knows,b,")]
    public void Run_WhenTheContinuationIsNotOurs_SaysWrongCursor(string parts)
    {
        var graph = new QueryGraph();
        graph.Associate("a", "b");
        var snapshot = graph.Publish();
        var bytes = parts.Split(',').SelectMany(part => new byte[] { (byte)part.Length, 0 }.Concat(QueryGraph.Id(part))).ToArray();

        var query = new NeighborQuery { Concept = snapshot.FindConcept("a"u8), Now = graph.Now, After = bytes };

        Assert.Equal("wrong-cursor", Assert.Throws<CairnException>(() => query.Run(snapshot, Token)).Problem);
    }

    [Fact]
    public void Run_WhenTheHubGrowsBetweenPages_GivesWhatWasThereExactlyOnce()
    {
        var graph = new QueryGraph();
        graph.Associate(Enumerable.Range(0, 500).Select(i => ("hub", Name(i * 2))));
        var seen = new List<string>();
        byte[]? next = [];
        for (var round = 0; next is not null; round++)
        {
            var snapshot = graph.Publish();
            var query = new NeighborQuery { Concept = snapshot.FindConcept("hub"u8), Now = graph.Now, Direction = Direction.Out, Limit = 33, After = next };
            var page = query.Run(snapshot, Token);
            seen.AddRange(page.Items.Select(edge => QueryGraph.Text(snapshot, edge.Neighbor)));
            next = page.Next;
            graph.Associate([("hub", Name((round * 61 % 1000) + 1)), (Name(round), "hub")]);
        }

        Assert.Equal(seen.Distinct(), seen);
        Assert.Empty(Enumerable.Range(0, 500).Select(i => Name(i * 2)).Except(seen));
    }

    [Fact]
    public void Run_WhenTheConceptIsAHub_AllocatesNothingPerAssociation()
    {
        var graph = new QueryGraph();
        graph.Associate(Enumerable.Range(0, 200).Select(i => ("small", Name(i))));
        graph.Associate(Enumerable.Range(0, 20_000).Select(i => (Name(i * 7919 % 20_000), "hub")));
        var snapshot = graph.Publish();

        var small = Allocated(snapshot, "small"u8, graph.Now);
        var large = Allocated(snapshot, "hub"u8, graph.Now);

        Assert.InRange(large, 0, small + 256);
    }

    [Fact]
    public void Run_WhenCancelled_Throws()
    {
        var graph = new QueryGraph();
        graph.Associate("a", "b");
        var snapshot = graph.Publish();
        var query = new NeighborQuery { Concept = snapshot.FindConcept("a"u8), Now = graph.Now };

        Assert.Throws<OperationCanceledException>(() => query.Run(snapshot, new CancellationToken(canceled: true)));
    }

    private static void CheckAll(Snapshot snapshot, Timestamp now, Timestamp? validAt, string[] types, string[] labels)
    {
        var naive = new NaiveGraph(snapshot, now, validAt);
        for (var row = 0; row < snapshot.ConceptRows; row++)
        {
            foreach (var direction in Enum.GetValues<Direction>())
            {
                var expected = naive.Shown.Contains(row) ? naive.Neighbors(row, direction, types, labels) : [];
                foreach (var limit in new[] { 1, 2, 5, 1000 })
                {
                    var query = new NeighborQuery
                    {
                        Concept = row,
                        Now = now,
                        ValidAt = validAt,
                        Direction = direction,
                        Types = CodeFilter.OfTypes(snapshot, types),
                        Labels = CodeFilter.OfLabels(snapshot, labels),
                        Limit = limit,
                    };
                    Assert.Equal(expected, Pages(query, snapshot));
                }
            }
        }
    }

    private static List<NeighborEdge> Pages(NeighborQuery query, Snapshot snapshot)
    {
        var all = new List<NeighborEdge>();
        for (var page = query.Run(snapshot, Token); ; page = (query with { After = page.Next }).Run(snapshot, Token))
        {
            all.AddRange(page.Items);
            Assert.InRange(page.Items.Count, page.Next is null ? 0 : query.Limit, query.Limit);
            if (page.Next is null)
            {
                return all;
            }
        }
    }

    private static long Allocated(Snapshot snapshot, ReadOnlySpan<byte> id, Timestamp now)
    {
        var query = new NeighborQuery { Concept = snapshot.FindConcept(id), Now = now, Limit = 50 };
        return AllocatedBytes.Least(() => Assert.Equal(50, query.Run(snapshot, Token).Items.Count));
    }

    private static string Name(int i) => "c" + i.ToString("D5", CultureInfo.InvariantCulture);
}
