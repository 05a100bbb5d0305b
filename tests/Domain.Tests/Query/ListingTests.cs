using System.Text;
using Cairn.Primitives;
using Cairn.Query;
using Cairn.Snapshots;
using FsCheck;
using FsCheck.Fluent;

namespace Cairn.Domain.Tests.Query;

public sealed class ListingTests
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public void Concepts_WhenPagedInAnyWay_AreWhatANaiveScanGives() => Check.One(
        Config.QuickThrowOnFailure.WithMaxTest(150).WithEndSize(240),
        Prop.ForAll<byte[]>(program =>
        {
            var (graph, half, end) = QueryGraph.Run(program);
            foreach (var snapshot in new[] { half, end })
            {
                CheckConcepts(snapshot, graph.Now, null, []);
                CheckConcepts(snapshot, graph.Now, graph.Now, ["person"]);
                CheckConcepts(snapshot, graph.Now, null, ["place", "p", "nothing"]);
                CheckConcepts(snapshot, graph.Now, null, ["nothing"]);
            }
        }));

    [Fact]
    public void Associations_WhenPagedInAnyWay_AreWhatANaiveScanGives() => Check.One(
        Config.QuickThrowOnFailure.WithMaxTest(100).WithEndSize(240),
        Prop.ForAll<byte[]>(program =>
        {
            var (graph, half, end) = QueryGraph.Run(program);
            foreach (var snapshot in new[] { half, end })
            {
                CheckAssociations(snapshot, graph.Now, null, []);
                CheckAssociations(snapshot, graph.Now, graph.Now, ["knows", "nothing"]);
                CheckAssociations(snapshot, graph.Now, null, ["nothing"]);
            }
        }));

    [Fact]
    public void Listings_WhenTheSpaceChangesBetweenPages_GiveWhatStaysExactlyOnce()
    {
        var graph = new QueryGraph();
        graph.Associate(Enumerable.Range(0, 300).Select(i => ($"c{i * 2:D4}", $"c{i * 14 % 600:D4}")));
        for (var i = 0; i < 300; i++)
        {
            graph.Put($"c{i * 2:D4}");
        }

        var (concepts, associations) = (new List<string>(), new List<string>());
        var (afterConcept, afterAssociation) = ((byte[]?)[], (byte[]?)[]);
        for (var round = 0; afterConcept is not null || afterAssociation is not null; round++)
        {
            var snapshot = graph.Publish();
            if (afterConcept is not null)
            {
                var page = new ConceptListing { Now = graph.Now, Limit = 17, After = afterConcept }.Run(snapshot, Token);
                concepts.AddRange(page.Items.Select(row => Encoding.UTF8.GetString(snapshot.Concept(row).Id)));
                afterConcept = page.Next;
            }

            if (afterAssociation is not null)
            {
                var page = new AssociationListing { Now = graph.Now, Limit = 17, After = afterAssociation }.Run(snapshot, Token);
                associations.AddRange(page.Items.Select(row => Encoding.UTF8.GetString(snapshot.Concept(snapshot.Association(row).Source).Id)));
                afterAssociation = page.Next;
            }

            graph.Put($"c{(round * 37 % 600) | 1:D4}");
            graph.Associate([($"c{(round * 37 % 600) | 1:D4}", "c0000")]);
        }

        var stayed = Enumerable.Range(0, 300).Select(i => $"c{i * 2:D4}").ToArray();
        Assert.Equal(concepts.Distinct().Order(StringComparer.Ordinal), concepts);
        Assert.Equal(associations.Distinct().Order(StringComparer.Ordinal), associations);
        Assert.Empty(stayed.Except(concepts));
        Assert.Empty(stayed.Except(associations));
    }

    [Fact]
    public void Associations_WhenTheContinuationIsOfAnotherList_SaysWrongCursor()
    {
        var graph = new QueryGraph();
        graph.Associate([("a", "b"), ("a", "c"), ("b", "c")]);
        var snapshot = graph.Publish();
        var listing = new AssociationListing { Now = graph.Now, Source = snapshot.FindConcept("a"u8), Limit = 1 };
        var next = listing.Run(snapshot, Token).Next;

        foreach (var other in new[] { listing with { Source = snapshot.FindConcept("b"u8) }, listing with { Source = null, Target = snapshot.FindConcept("c"u8) } })
        {
            Assert.Equal("wrong-cursor", Assert.Throws<CairnException>(() => (other with { After = next }).Run(snapshot, Token)).Problem);
        }
    }

    [Fact]
    public void Listings_WhenCancelled_Throw()
    {
        var graph = new QueryGraph();
        graph.Associate("a", "b");
        var snapshot = graph.Publish();
        var cancelled = new CancellationToken(canceled: true);

        Assert.Throws<OperationCanceledException>(() => new ConceptListing { Now = graph.Now }.Run(snapshot, cancelled));
        Assert.Throws<OperationCanceledException>(() => new AssociationListing { Now = graph.Now }.Run(snapshot, cancelled));
        Assert.Throws<OperationCanceledException>(() => new AssociationListing { Now = graph.Now, Target = snapshot.FindConcept("b"u8) }.Run(snapshot, cancelled));
    }

    [Fact]
    public void Listings_WhenTheyWalkOverMore_AllocateNoMore()
    {
        var (small, large) = (Allocated(20), Allocated(5_000));

        Assert.InRange(large, 0, small + 256);
    }

    [Fact]
    public void Listings_WhenLong_AreWalkedInSlices()
    {
        var graph = new QueryGraph();
        graph.Associate(Enumerable.Range(0, 10_000).Select(i => ("hub", $"c{i:D4}")));
        graph.Put("z", "rare");
        graph.Associate("hub", "z", type: "rare");
        var snapshot = graph.Publish();
        var (rare, edges) = (CodeFilter.OfLabels(snapshot, ["rare"]), CodeFilter.OfTypes(snapshot, ["rare"]));
        Scan<RowPage>[] scans =
        [
            new ConceptListing { Now = graph.Now, Labels = rare }.Start(snapshot),
            new AssociationListing { Now = graph.Now, Types = edges }.Start(snapshot),
            new AssociationListing { Now = graph.Now, Types = edges, Source = snapshot.FindConcept("hub"u8) }.Start(snapshot),
        ];

        foreach (var scan in scans)
        {
            var visited = new List<long> { 0 };
            while (scan.Step())
            {
                visited.Add(scan.RowsVisited);
            }

            Assert.Single(scan.Result.Items);
            Assert.InRange(visited.Count, 3, 8);
            Assert.All(visited.Zip(visited.Skip(1)), pair => Assert.InRange(pair.Second - pair.First, 1, 4096 + 128));
            Assert.InRange(scan.RowsVisited, 10_001, 24_000);
        }
    }

    private static long Allocated(int concepts)
    {
        var graph = new QueryGraph();
        graph.Associate(Enumerable.Range(0, concepts).Select(i => ($"c{i:D4}", $"c{i * 7 % concepts:D4}")));
        graph.Put("z", "rare");
        graph.Associate("z", "a", type: "rare");
        var snapshot = graph.Publish();
        var concept = new ConceptListing { Now = graph.Now, Labels = CodeFilter.OfLabels(snapshot, ["rare"]) };
        var association = new AssociationListing { Now = graph.Now, Types = CodeFilter.OfTypes(snapshot, ["rare"]) };
        return AllocatedBytes.Least(() =>
        {
            Assert.Single(concept.Run(snapshot, Token).Items);
            Assert.Single(association.Run(snapshot, Token).Items);
        });
    }

    private static void CheckConcepts(Snapshot snapshot, Timestamp now, Timestamp? validAt, string[] labels)
    {
        var naive = new NaiveGraph(snapshot, now, validAt);
        var expected = naive.Shown.Where(row => !snapshot.Concept(row).IsImplied && naive.HasLabel(row, labels))
            .Order(Comparer<int>.Create((a, b) => NaiveGraph.CompareBytes(naive.Id(a), naive.Id(b))));
        foreach (var limit in new[] { 1, 2, 5, 1000 })
        {
            var listing = new ConceptListing { Now = now, ValidAt = validAt, Labels = CodeFilter.OfLabels(snapshot, labels), Limit = limit };
            Assert.Equal(expected, Pages(limit, after =>
            {
                var page = (listing with { After = after }).Run(snapshot, Token);
                return (page.Items, page.Next);
            }));
        }
    }

    private static void CheckAssociations(Snapshot snapshot, Timestamp now, Timestamp? validAt, string[] types)
    {
        var naive = new NaiveGraph(snapshot, now, validAt);
        var sorted = naive.Edges.Where(edge => types.Length == 0 || types.Contains(edge.TypeText)).Order(Comparer<NaiveGraph.Edge>.Create((a, b) => NaiveGraph.First(
            NaiveGraph.CompareBytes(naive.Id(a.Source), naive.Id(b.Source)), NaiveGraph.CompareBytes(a.Type, b.Type),
            NaiveGraph.CompareBytes(naive.Id(a.Target), naive.Id(b.Target)), NaiveGraph.CompareBytes(a.Key, b.Key)))).ToArray();
        foreach (var source in Ends(snapshot))
        {
            foreach (var target in Ends(snapshot))
            {
                var expected = sorted.Where(edge => (source is null || edge.Source == source) && (target is null || edge.Target == target)).Select(edge => edge.Row);
                foreach (var limit in new[] { 1, 3, 1000 })
                {
                    var listing = new AssociationListing
                    {
                        Now = now,
                        ValidAt = validAt,
                        Source = source,
                        Target = target,
                        Types = CodeFilter.OfTypes(snapshot, types),
                        Limit = limit,
                    };
                    Assert.Equal(expected, Pages(limit, after =>
                    {
                        var page = (listing with { After = after }).Run(snapshot, Token);
                        return (page.Items, page.Next);
                    }));
                }
            }
        }
    }

    private static int?[] Ends(Snapshot snapshot) => [null, -1, .. Enumerable.Range(0, snapshot.ConceptRows)];

    private static List<int> Pages(int limit, Func<byte[], (IReadOnlyList<int> Items, byte[]? Next)> run)
    {
        var all = new List<int>();
        for (var page = run([]); ; page = run(page.Next))
        {
            all.AddRange(page.Items);
            Assert.InRange(page.Items.Count, page.Next is null ? 0 : limit, limit);
            if (page.Next is null)
            {
                return all;
            }
        }
    }
}
