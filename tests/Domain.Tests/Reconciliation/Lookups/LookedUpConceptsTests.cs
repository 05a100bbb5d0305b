using System.Text;
using Cairn.Domain.Tests.Query.Expressions;
using Cairn.Domain.Tests.Reconciliation.Model;
using Cairn.Formats;
using Cairn.Model;
using Cairn.Primitives;
using Cairn.Query;
using Cairn.Reconciliation.Lookups;
using Cairn.Snapshots;
using Cairn.Storage.Lookups;

namespace Cairn.Domain.Tests.Reconciliation.Lookups;

/// <summary>What goes through documents comes out as it was.</summary>
public sealed class LookedUpConceptsTests
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public void ToSnapshot_WhenScenariosAreRandom_HoldsTheSameConcepts()
    {
        var concepts = 0;
        Properties.Check(150, Generate.Scenarios(60, Generate.Operations), scenario =>
        {
            var snapshot = ScenarioRun.Run(scenario).Last;
            var documents = DocumentsOf(snapshot);
            var lines = ConceptsOf(snapshot);
            concepts += lines.Length;

            Assert.Equal(lines, ConceptsOf(LookedUpConcepts.ToSnapshot(snapshot.Incarnation, WatermarkOf(snapshot), documents)));
        });

        Assert.True(concepts > 0, "the scenarios leave some concepts");
    }

    [Fact]
    public async Task Query_WhenDataAndConditionAreRandom_FindsAllThatASnapshotFinds()
    {
        var (asked, served) = (0, 0);
        for (var seed = 0; seed < 40; seed++)
        {
            var random = new Random(seed);
            var conditions = new RandomCondition(random);
            var snapshot = SnapshotOf(random, conditions);
            var index = new MemoryLookupsIndex();
            await index.WriteAsync(snapshot.Incarnation, DocumentsOf(snapshot), Token);
            for (var i = 0; i < 40; i++, asked++)
            {
                var where = WhereClause.Parse(conditions.Next(random.Next(3)).Text, "where");
                if (where.ToLookup() is { } condition)
                {
                    served++;
                    var found = await index.QueryAsync(snapshot.Incarnation, new(condition, default, ILookupsIndex.MaxPage), Token);
                    var there = LookedUpConcepts.ToSnapshot(snapshot.Incarnation, WatermarkOf(snapshot), found.Documents);

                    Assert.True(Matches(snapshot, where).SequenceEqual(Matches(there, where)), $"seed {seed}: {where.Text}");
                }
            }
        }

        Assert.InRange(served, asked / 5, asked - 1);
    }

    // Beyond 2^53 the images of unequal integers are equal.
    [Theory]
    [InlineData("n = 9007199254740992", true)]
    [InlineData("n = 9007199254740993", false)]
    [InlineData("n > -9007199254740994", false)]
    [InlineData("name < 'b'", false)]
    [InlineData("a.b = 1", false)]
    [InlineData("a = b", false)]
    [InlineData("NOT n = 1", false)]
    [InlineData("content CONTAINS 'x'", false)]
    [InlineData("content CONTAINS 'x' AND n = 1", true)]
    [InlineData("content CONTAINS 'x' OR n = 1", false)]
    [InlineData("n IN (1, 2, NULL)", true)]
    [InlineData("n IN (NULL)", false)]
    [InlineData("NOT retired", true)]
    [InlineData("name LIKE '%x'", false)]
    [InlineData("name LIKE 'x%'", true)]
    [InlineData("id LIKE 'user/%'", true)]
    [InlineData("labels CONTAINS 'person'", true)]
    public void ToLookup_OfACondition_IsThereWhereItLeavesMuchOut(string where, bool expected) => Assert.Equal(expected, WhereClause.Parse(where, "where").ToLookup() is not null);

    [Fact]
    public void Encode_WhenAConceptIsLarge_SaysSoAndNoMore()
    {
        var replay = new ReplayHarness();
        replay.Commit(writer =>
        {
            writer.Put(new Concept { Id = "content", Content = new('x', LookupEncoder.MaxBodyBytes) }, OnExists.Replace);
            writer.Put(new Concept { Id = "small", Content = new('x', LookupEncoder.MaxBodyBytes - 500) }, OnExists.Replace);
        });
        replay.Commit(writer => writer.Put(
            new Concept { Id = "images", Attributes = Enumerable.Range(0, 6).ToDictionary(i => $"a{i}", _ => (Value)Enumerable.Repeat((Value)new string('y', 100), 1000).ToArray()) },
            OnExists.Replace));

        var documents = DocumentsOf(replay.Publish(), evenLarge: true).ToDictionary(document => Encoding.UTF8.GetString(document.Id.Span));

        Assert.Equal((LookupState.TooLarge, 0), (documents["content"].State, documents["content"].Body.Length));
        Assert.Equal((LookupState.TooLarge, 0), (documents["images"].State, documents["images"].Attributes.Count));
        Assert.Equal(LookupState.Stored, documents["small"].State);
    }

    [Fact]
    public void ToSnapshot_WhenABodyIsDamaged_IsCorrupt()
    {
        var replay = new ReplayHarness();
        replay.Commit(writer => writer.Put(new Concept { Id = "ada", Attributes = new Dictionary<string, Value> { ["born"] = 1815 } }, OnExists.Replace));
        var snapshot = replay.Publish();
        var document = Assert.Single(DocumentsOf(snapshot));
        var random = new Random(3);
        for (var i = 0; i < 2000; i++)
        {
            var body = document.Body.ToArray();
            body[random.Next(body.Length)] ^= (byte)(1 << random.Next(8));
            var cut = body[..random.Next(body.Length + 1)];
            try
            {
                LookedUpConcepts.ToSnapshot(snapshot.Incarnation, WatermarkOf(snapshot), [document with { Body = cut }]);
            }
            catch (CairnException failure) when (failure.Kind == ErrorKind.Corrupt)
            {
            }
        }

        Assert.Throws<CairnException>(() => LookedUpConcepts.ToSnapshot(snapshot.Incarnation, WatermarkOf(snapshot), [document with { Id = "bob"u8.ToArray() }]));
    }

    private static Snapshot SnapshotOf(Random random, RandomCondition conditions)
    {
        var replay = new ReplayHarness();
        var concepts = Enumerable.Range(0, random.Next(1, 120)).Select(i => new Concept
        {
            Id = $"{(char)('a' + (i % 3))}{i}",
            Labels = random.Next(3) == 0 ? ["x"] : [],
            Attributes = new[] { "a", "b", "c" }.Where(_ => random.Next(3) > 0).ToDictionary(name => name, _ => conditions.NextValue()),
            Strength = random.Next(2) == 0 ? 0.5f : 1,
        });
        replay.Commit(writer =>
        {
            foreach (var concept in concepts)
            {
                writer.Put(concept, OnExists.Replace);
            }
        });
        return replay.Publish();
    }

    private static LookupsWatermark WatermarkOf(Snapshot snapshot) => new() { Position = snapshot.Position, LogClock = snapshot.LogClock, Settings = snapshot.Settings };

    private static List<LookupDocument> DocumentsOf(Snapshot snapshot, bool evenLarge = false)
    {
        var (documents, encoder) = (new List<LookupDocument>(), new LookupEncoder(snapshot.Incarnation));
        for (var walk = snapshot.ConceptsById(default); walk.MoveNext();)
        {
            if (LookupChunks.IsThere(snapshot, walk.Row))
            {
                documents.Add(encoder.Encode(snapshot.Concept(walk.Row)));
            }
        }

        Assert.All(documents, document => Assert.True(evenLarge || document.State == LookupState.Stored));
        return documents;
    }

    private static string[] ConceptsOf(Snapshot snapshot) => [.. SnapshotText.Of(snapshot).Where(line => line.StartsWith("concept ", StringComparison.Ordinal))];

    private static List<string> Matches(Snapshot snapshot, WhereClause where) =>
    [
        .. new ConceptListing { Now = snapshot.LogClock, Where = where, Limit = ConceptListing.MaxLimit }.Run(snapshot, Token).Items
            .Select(row => Encoding.UTF8.GetString(snapshot.Concept(row).Id)),
    ];
}
