using System.Globalization;
using System.Text;
using Cairn.Query;
using Cairn.Snapshots;

namespace Cairn.Domain.Tests.Query;

public sealed class SubstringTests
{
    private static readonly byte[] Observations = Encoding.UTF8.GetBytes("observations");

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData("", "Ada,Babbage,Straße,lonely")]
    [InlineData("ADA", "Ada")]
    [InlineData("ENGINE", "Babbage")]
    [InlineData("PerS", "Babbage")]
    [InlineData("strasse", "")]
    [InlineData("STRAßE", "Straße")]
    [InlineData("élan", "Straße")]
    [InlineData("😀", "lonely")]
    [InlineData("\u212a", "Straße")]
    [InlineData("KELVIN", "Straße")]
    [InlineData("nowhere", "")]
    [InlineData("adaba", "")]
    public void Run_WhenAsked_FindsWhatHasItAnywhereInAnyCase(string text, string found)
    {
        var graph = Graph();
        var snapshot = graph.Publish();

        var matches = Query(graph, text).Start(snapshot).Run(Token);

        Assert.Equal(found, string.Join(',', matches.Rows.Select(row => QueryGraph.Text(snapshot, row))));
        Assert.False(matches.HasMore);
    }

    /// <summary>Bytes are searched as they would be as letters, whatever comes.</summary>
    [Fact]
    public void Run_WithAnyTexts_FindsWhatASearchOfTheirLettersFinds()
    {
        const string Letters = "aAbBkK \u212aßéÉ😀";
        string[] pieces = [.. Letters.EnumerateRunes().Select(rune => rune.ToString())];
        var random = new Random(11);
        string Piece(int most) => string.Concat(random.GetItems(pieces[..random.Next(6, pieces.Length + 1)], random.Next(1, most)));
        var graph = new QueryGraph();
        var texts = Enumerable.Range(0, 200).Select(_ => Piece(random.Next(4, 300))).ToArray();
        for (var i = 0; i < texts.Length; i++)
        {
            graph.PutTexts(string.Create(CultureInfo.InvariantCulture, $"{i:000}"), "observations", texts[i]);
        }

        var snapshot = graph.Publish();
        for (var round = 0; round < 200; round++)
        {
            var wanted = Piece(5);
            var expected = texts.Index().Where(text => text.Item.ToLowerInvariant().Contains(wanted.ToLowerInvariant(), StringComparison.Ordinal)).Select(text => text.Index);
            Assert.Equal(expected, Query(graph, wanted).Start(snapshot).Run(Token).Rows);
        }
    }

    [Fact]
    public void Run_WhenCutIntoPages_GivesEachOnceInOrderOfArrival()
    {
        var graph = Graph();
        var snapshot = graph.Publish();
        var names = new List<string>();
        for (var (first, more) = (0, true); more;)
        {
            var page = (Query(graph, "") with { FirstRow = first, Limit = 1 }).Start(snapshot).Run(Token);
            names.AddRange(page.Rows.Select(row => QueryGraph.Text(snapshot, row)));
            (first, more) = (page.Rows[^1] + 1, page.HasMore);
        }

        Assert.Equal(["Ada", "Babbage", "Straße", "lonely"], names);
    }

    [Fact]
    public void Step_WhenThereAreMany_EndsInTheMidstAndAllocatesNothingForARow()
    {
        var graph = new QueryGraph();
        for (var i = 0; i < 5000; i++)
        {
            graph.PutTexts(string.Create(CultureInfo.InvariantCulture, $"c{i:0000}"), "observations", "Something that is long enough, and in none of them");
        }

        var snapshot = graph.Publish();
        var scan = Query(graph, "nothing").Start(snapshot);

        Assert.True(scan.Step());
        Assert.InRange(scan.RowsVisited, 1, 4999);
        var (few, all) = (Allocated(graph, snapshot, 4900), Allocated(graph, snapshot, 0));
        Assert.InRange(all - few, 0, 200);
    }

    [Fact]
    public void Start_WhenTheLimitIsNone_Refuses() =>
        Assert.Throws<ArgumentOutOfRangeException>(() => (Query(new QueryGraph(), "") with { Limit = 0 }).Start(new QueryGraph().Publish()));

    private static long Allocated(QueryGraph graph, Snapshot snapshot, int first) => AllocatedBytes.Least(() =>
        Assert.Empty((Query(graph, "nothing") with { FirstRow = first }).Start(snapshot).Run(Token).Rows));

    private static SubstringQuery Query(QueryGraph graph, string text) => new() { Text = text, Attribute = Observations, Now = graph.Now };

    private static QueryGraph Graph()
    {
        var graph = new QueryGraph();
        graph.Put("gone");
        graph.PutTexts("Ada", "observations", "wrote", "the first");
        graph.Put("Babbage", "person", "Engineer");
        graph.PutTexts("Straße", "observations", "with ÉLAN", "300 \u212aelvin");
        graph.PutTexts("lonely", "observations", "smiles 😀 at times");
        graph.PutExpiring("expired", TimeSpan.FromMinutes(1));
        graph.Associate("Ada", "implied");
        graph.Delete("gone");
        return graph;
    }
}
