using Cairn.Primitives;
using Cairn.Query;
using FsCheck;
using FsCheck.Fluent;

namespace Cairn.Domain.Tests.Query;

public sealed class ConceptMatchingTests
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public void Run_WhenStoppedAnywhere_GivesTheFirstOfWhatAListGives() => Check.One(
        Config.QuickThrowOnFailure.WithMaxTest(100).WithEndSize(240),
        Prop.ForAll<byte[]>(program =>
        {
            var (graph, _, snapshot) = QueryGraph.Run(program);
            foreach (var label in QueryGraph.Labels.Append("nothing"))
            {
                var labels = CodeFilter.OfLabels(snapshot, [label]);
                var where = WhereClause.Parse("id <> 'a'", "where");
                var all = new ConceptListing { Now = graph.Now, Labels = labels, Where = where, Limit = ConceptListing.MaxLimit }.Run(snapshot, Token).Items;
                for (var (keep, stop) = (0, 1); stop < 9; (keep, stop) = ((keep + 2) % 5, stop + 1))
                {
                    var matching = new ConceptMatching { Now = graph.Now, Labels = labels, Where = where, Keep = keep };
                    var (whole, part) = (matching.Start(snapshot).Run(Token), (matching with { StopAt = stop }).Start(snapshot).Run(Token));

                    Assert.Equal((all.Count, Math.Min(all.Count, stop)), (whole.Count, part.Count));
                    Assert.Equal(all.Take(keep), whole.Rows);
                    Assert.Equal(all.Take(Math.Min(keep, stop)), part.Rows);
                }
            }
        }));

    [Fact]
    public void Step_WhenThereAreMany_EndsInTheMidst()
    {
        var graph = new QueryGraph();
        for (var i = 0; i < 5000; i++)
        {
            graph.Put($"c{i:0000}");
        }

        var scan = new ConceptMatching { Now = graph.Now, Keep = 3 }.Start(graph.Publish());

        Assert.True(scan.Step());
        Assert.Equal(4096, scan.RowsVisited);
        Assert.False(scan.Step());
        Assert.Equal((5000, 3, 5000L), (scan.Result.Count, scan.Result.Rows.Count, scan.RowsVisited));
    }

    [Theory]
    [InlineData(-1, 1)]
    [InlineData(0, 0)]
    public void Start_WhenOutOfRange_Refuses(int keep, long stop)
    {
        var matching = new ConceptMatching { Now = Timestamp.Min, Keep = keep, StopAt = stop };

        Assert.Throws<ArgumentOutOfRangeException>(() => matching.Start(new QueryGraph().Publish()));
    }
}
