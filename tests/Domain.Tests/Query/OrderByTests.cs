using System.Text;
using Cairn.Domain.Tests.Query.Expressions;
using Cairn.Domain.Tests.Reconciliation;
using Cairn.Formats;
using Cairn.Model;
using Cairn.Primitives;
using Cairn.Query;
using Cairn.Snapshots;

namespace Cairn.Domain.Tests.Query;

public sealed class OrderByTests
{
    private static readonly (string Text, Func<Concept, Value?> Read)[] Fields =
    [
        ("a", concept => Attribute(concept, "a")),
        ("b", concept => Attribute(concept, "b")),
        ("attributes.\"c\"", concept => Attribute(concept, "c")),
        ("o.x", concept => Attribute(concept, "o") is { Kind: ValueKind.Object } o ? o.AsObject["x"] : (Value?)null),
        ("missing", _ => null),
        ("id", concept => concept.Id),
        ("strength", concept => (double)concept.Strength),
        ("validFrom", concept => concept.ValidFrom is { } from ? from : (Value?)null),
        ("content", concept => concept.Content is { } content ? content : (Value?)null),
    ];

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public void Pages_WhenDataAndOrderAreRandom_AreWhatANaiveSortGives() => Properties.CheckRandom(60, random =>
    {
        var replay = new ReplayHarness();
        if (random.Next(3) == 0)
        {
            FillColumns(replay);
        }

        var conditions = new RandomCondition(random);
        var concepts = Enumerable.Range(0, random.Next(1, 400)).Select(i => Random(i, random, conditions)).ToArray();
        replay.Commit(writer => Array.ForEach(concepts, concept => writer.Put(concept, OnExists.Replace)));
        replay.Commit(writer => writer.Delete("gone"u8, OnMissing.Skip));
        var snapshot = replay.Publish();
        for (var i = 0; i < 12; i++)
        {
            var terms = Enumerable.Range(0, random.Next(1, 4)).Select(_ => (Field: Fields[random.Next(Fields.Length)], Descending: random.Next(2) == 0)).ToArray();
            var orderBy = OrderBy.Parse(string.Join(" , ", terms.Select(term => term.Field.Text + (term.Descending ? " desc" : random.Next(2) == 0 ? " ASC" : ""))), "orderBy");
            var (where, holds) = conditions.Next(random.Next(3));
            var listing = new ConceptListing { Now = replay.Now, OrderBy = orderBy, Where = WhereClause.Parse(where, "where"), Limit = random.Next(2) == 0 ? 1000 : random.Next(7, 100) };
            var expected = concepts.Where(concept => concept.Id != "gone" && holds(concept) == true).ToList();
            expected.Sort((x, y) => terms.Select(term => NaiveValues.Sort(term.Field.Read(x), term.Field.Read(y), term.Descending))
                .FirstOrDefault(order => order != 0, string.CompareOrdinal(x.Id, y.Id)));

            Assert.True(expected.Select(concept => concept.Id!).SequenceEqual(AllIds(listing, snapshot)), $"{orderBy.Text} where {where}");
        }
    });

    [Fact]
    public void Pages_WhenTheSpaceChangesBetweenThem_GiveWhatStaysExactlyOnce()
    {
        var replay = new ReplayHarness();
        replay.Commit(writer => Enumerable.Range(0, 300).ToList().ForEach(i => Put(writer, $"stays{i:D3}", i * 7919 % 40)));
        var seen = new List<string>();
        var after = (byte[]?)[];
        for (var round = 0; after is not null; round++)
        {
            var snapshot = replay.Publish();
            var page = new ConceptListing { Now = replay.Now, OrderBy = OrderBy.Parse("n desc", "orderBy"), Limit = 17, After = after }.Run(snapshot, Token);
            seen.AddRange(page.Items.Select(row => Encoding.UTF8.GetString(snapshot.Concept(row).Id)));
            after = page.Next;
            var last = seen[^1];
            replay.Commit(writer =>
            {
                Put(writer, $"moves{round % 5}", round * 13 % 40);
                if (last.StartsWith("moves", StringComparison.Ordinal))
                {
                    writer.Delete(Encoding.UTF8.GetBytes(last), OnMissing.Skip);
                }
            });
        }

        var stayed = seen.Where(id => id.StartsWith("stays", StringComparison.Ordinal)).ToList();
        Assert.Equal(Enumerable.Range(0, 300).OrderByDescending(i => i * 7919 % 40).ThenBy(i => i).Select(i => $"stays{i:D3}"), stayed);
    }

    /// <summary>Each page asks later, and everything has decayed further by then.</summary>
    [Fact]
    public void Pages_WhenByCurrentStrength_GoByTheTimeOfTheFirst()
    {
        var replay = new ReplayHarness();
        replay.State.Settings = replay.State.Settings with { HalfLife = TimeSpan.FromHours(1) };
        for (var i = 0; i < 40; i++)
        {
            replay.Now = replay.Now.Plus(TimeSpan.FromMinutes(i * 7 % 5));
            replay.Commit(writer => writer.Put(new Concept { Id = $"c{i:D2}", Strength = (i * 11 % 40) / 40f }, OnExists.Replace));
        }

        var snapshot = replay.Publish();
        var listing = new ConceptListing { Now = replay.Now, OrderBy = OrderBy.Parse("currentStrength DESC", "orderBy"), Limit = 1000 };
        var expected = AllIds(listing, snapshot);
        var seen = new List<string>();
        for (var after = (byte[]?)[]; after is not null;)
        {
            var page = (listing with { After = after, Limit = 3 }).Run(snapshot, Token);
            seen.AddRange(Ids(snapshot, page));
            after = page.Next;
            listing = listing with { Now = listing.Now.Plus(TimeSpan.FromMinutes(50)) };
        }

        Assert.Equal(expected, seen);
    }

    [Fact]
    public void Pages_WhenTheValueIsTooLongForACursor_GoOnUntilTheConceptChanges()
    {
        var replay = new ReplayHarness();
        var prefix = new string('x', 5000);
        replay.Commit(writer =>
        {
            for (var i = 0; i < 9; i++)
            {
                writer.Put(new Concept { Id = $"c{i}", Content = prefix + (9 - i) }, OnExists.Replace);
            }
        });
        var snapshot = replay.Publish();
        var listing = new ConceptListing { Now = replay.Now, OrderBy = OrderBy.Parse("content", "orderBy"), Limit = 2 };

        Assert.Equal(Enumerable.Range(0, 9).Select(i => $"c{8 - i}"), AllIds(listing, snapshot));

        var first = listing.Run(snapshot, Token);
        Assert.InRange(first.Next!.Length, 1, 3000);
        replay.Commit(writer => writer.Put(new Concept { Id = "c7", Content = "elsewhere" }, OnExists.Replace));
        var refusal = Assert.Throws<CairnException>(() => (listing with { After = first.Next }).Run(replay.Publish(), Token));
        Assert.Equal(("not-retained", "cursor"), (refusal.Problem, refusal.Field));
    }

    [Theory]
    [InlineData("a")]
    [InlineData("b desc, a")]
    [InlineData("o.x")]
    [InlineData("bagged")]
    public void Page_WhenAValueIsAnArrayOrObject_IsRefusedWithFieldAndConcept(string text)
    {
        var replay = new ReplayHarness();
        FillColumns(replay, leave: 4);
        replay.Commit(writer =>
        {
            writer.Put(Of("good", ("a", 1), ("b", 1)), OnExists.Replace);
            writer.Put(Of("bad", ("a", new Value[] { 1 }), ("o", Value.Object(new Dictionary<string, Value> { ["x"] = new Value[] { 1 } }))), OnExists.Replace);
            writer.Put(Of("bagged", ("bagged", new Value[] { 1 })), OnExists.Replace);
        });
        var snapshot = replay.Publish();
        var listing = new ConceptListing { Now = replay.Now, OrderBy = OrderBy.Parse(text, "orderBy"), Limit = 1 };

        var refusal = Assert.Throws<CairnException>(() => listing.Run(snapshot, Token));

        Assert.Equal((ErrorKind.Invalid, "orderBy"), (refusal.Kind, refusal.Field));
        Assert.Contains(text == "bagged" ? "'bagged'" : "'bad'", refusal.Message, StringComparison.Ordinal);
        Assert.Single((listing with { Where = WhereClause.Parse("id = 'good'", "where") }).Run(snapshot, Token).Items);
    }

    [Theory]
    [InlineData("", 1)]
    [InlineData("a,", 3)]
    [InlineData("a down", 3)]
    [InlineData("a desc desc", 8)]
    [InlineData("a;b", 2)]
    [InlineData("labels", 1)]
    [InlineData("a, strength.x", 4)]
    [InlineData("lower(a)", 1)]
    [InlineData("1", 1)]
    public void Parse_WhenMalformed_NamesTheColumn(string text, int column)
    {
        var refusal = Assert.Throws<CairnException>(() => OrderBy.Parse(text, "orderBy"));

        Assert.Equal(("syntax", "orderBy", column), (refusal.Problem, refusal.Field, refusal.Column));
    }

    [Fact]
    public void Parse_WhenTooManyTerms_NamesTheLimit()
    {
        var refusal = Assert.Throws<CairnException>(() => OrderBy.Parse("id,b,c,d,e,f,g,h,i", "orderBy"));

        Assert.Equal(("limit", 8L, 9L), (refusal.Problem, refusal.Limit, refusal.Actual));
    }

    [Theory]
    [InlineData("")]
    [InlineData("01")]
    [InlineData("010000000000000000")]
    [InlineData("01000000000000000009ff")]
    [InlineData("010000000000000000040561")]
    [InlineData("020000000000000000000000000000000061")]
    [InlineData("0300000000000000000061")]
    public void Page_WhenTheContinuationIsNone_IsRefused(string hex)
    {
        var replay = new ReplayHarness();
        replay.Commit(writer => Put(writer, "b", 1));
        var listing = new ConceptListing { Now = replay.Now, OrderBy = OrderBy.Parse("n", "orderBy"), After = Convert.FromHexString(hex + (hex.Length == 0 ? "00" : "")) };

        var refusal = Assert.Throws<CairnException>(() => listing.Run(replay.Publish(), Token));

        Assert.Contains(refusal.Problem, new[] { "wrong-cursor", "not-retained" });
    }

    [Fact]
    public void Page_WhenItVisitsMore_AllocatesNoMore()
    {
        var (small, large) = (Allocated(300), Allocated(20_000));

        Assert.InRange(large, 0, small + 256);
    }

    private static long Allocated(int concepts)
    {
        var replay = new ReplayHarness();
        foreach (var chunk in Enumerable.Range(0, concepts).Chunk(5000))
        {
            replay.Commit(writer => Array.ForEach(chunk, i => writer.Put(
                Of($"c{i:D5}", ("n", i * 7919 % 1000), ("t", $"text {i * 31 % 1000}"), ("f", i / 3.0)), OnExists.Replace)));
        }

        var snapshot = replay.Publish();
        var listings = Array.ConvertAll(
            new[] { "n desc", "t, n", "f", "strength, currentStrength desc, id desc" },
            text => new ConceptListing { Now = replay.Now, OrderBy = OrderBy.Parse(text, "orderBy"), Limit = 10 });
        return AllocatedBytes.Least(() =>
        {
            foreach (var listing in listings)
            {
                Assert.Equal(10, listing.Run(snapshot, Token).Items.Count);
            }
        });
    }

    private static List<string> AllIds(ConceptListing listing, Snapshot snapshot)
    {
        var ids = new List<string>();
        for (var after = (byte[]?)[]; after is not null;)
        {
            var page = (listing with { After = after }).Run(snapshot, Token);
            Assert.Equal(page.Next is null ? page.Items.Count : listing.Limit, page.Items.Count);
            ids.AddRange(Ids(snapshot, page));
            after = page.Next;
        }

        return ids;
    }

    private static IEnumerable<string> Ids(Snapshot snapshot, RowPage page) => page.Items.Select(row => Encoding.UTF8.GetString(snapshot.Concept(row).Id));

    private static void Put(CommitWriter writer, string id, int n) => writer.Put(Of(id, ("n", n)), OnExists.Replace);

    private static Concept Of(string id, params (string Name, Value Value)[] attributes) =>
        new() { Id = id, Attributes = attributes.ToDictionary(attribute => attribute.Name, attribute => attribute.Value) };

    // So that what comes behind lives in bags.
    private static void FillColumns(ReplayHarness replay, int leave = 3)
    {
        foreach (var names in Enumerable.Range(0, Limits.AttributeColumns - leave).Chunk(200))
        {
            replay.Commit(writer => writer.Put(Of("filler", [.. names.Select(number => ($"filler{number}", (Value)number))]), OnExists.Replace));
        }

        replay.Commit(writer => writer.Delete("filler"u8, OnMissing.Fail));
    }

    private static Concept Random(int number, Random random, RandomCondition conditions)
    {
        var attributes = new Dictionary<string, Value>();
        foreach (var name in new[] { "a", "b", "c" })
        {
            if (random.Next(4) > 0)
            {
                attributes[name] = random.Next(9) == 0 ? new byte[] { (byte)random.Next(3) } : conditions.Scalar();
            }
        }

        if (random.Next(2) == 0)
        {
            attributes["o"] = Value.Object(new Dictionary<string, Value> { ["x"] = conditions.Scalar() });
        }

        string[] ids = ["a", "ab", "é", "x", "gone"];
        return new()
        {
            Id = number < ids.Length ? ids[number] : $"n{number}",
            Attributes = attributes,
            Strength = random.Next(3) / 2f,
            ValidFrom = random.Next(2) == 0 ? null : new Timestamp(random.Next(3)),
            Content = random.Next(5) == 0 ? new string('y', random.Next(2500, 3500)) + random.Next(10) : random.Next(2) == 0 ? "short" : null,
        };
    }

    private static Value? Attribute(Concept concept, string name) => concept.Attributes.TryGetValue(name, out var value) ? value : (Value?)null;
}
