using System.Globalization;
using System.Text;
using Cairn.Columns;
using Cairn.Domain.Tests.Reconciliation;
using Cairn.Formats;
using Cairn.Model;
using Cairn.Primitives;
using Cairn.Query;
using Cairn.Query.Aggregates;
using Cairn.Query.Expressions;
using Cairn.Snapshots;

namespace Cairn.Domain.Tests.Query.Expressions;

public sealed class WhereClauseTests
{
    private static readonly Timestamp?[] ValidFroms = [null, new(0), Timestamp.From(new DateTimeOffset(2027, 1, 1, 0, 0, 0, TimeSpan.Zero))];

    [Fact]
    public void Listing_WhenDataAndConditionAreRandom_AgreesWithTheNaiveReading() => Properties.CheckRandom(60, random =>
    {
        var conditions = new RandomCondition(random);
        var concepts = Enumerable.Range(0, random.Next(1, 200)).Select(i => Random(i, random, conditions)).ToArray();
        var replay = new ReplayHarness();
        replay.Commit(writer => Array.ForEach(concepts, concept => writer.Put(concept, OnExists.Replace)));
        var snapshot = replay.Publish();
        for (var i = 0; i < 30; i++)
        {
            var (text, holds) = conditions.Next(random.Next(4));
            var expected = concepts.Where(concept => holds(concept) == true).Select(concept => concept.Id!).Order(StringComparer.Ordinal);

            var rows = new ConceptListing { Now = replay.Now, Where = WhereClause.Parse(text, "where"), Limit = 1000 }.Run(snapshot, TestContext.Current.CancellationToken).Items;

            Assert.True(expected.SequenceEqual(rows.Select(row => Encoding.UTF8.GetString(snapshot.Concept(row).Id))), text);
        }
    });

    /// <summary>By whole row groups, of many rows and of attributes that have no column any more.</summary>
    [Fact]
    public void Groups_WhenDataAndConditionAreRandom_AgreeWithTheRows() => Properties.CheckRandom(40, random =>
    {
        var conditions = new RandomCondition(random);
        var replay = new ReplayHarness();
        if (random.Next(3) == 0)
        {
            FillColumns(replay);
        }

        var concepts = Enumerable.Range(0, random.Next(1, 400)).Select(i => Random(i, random, conditions)).ToArray();
        replay.Commit(writer => Array.ForEach(concepts, concept => writer.Put(concept, OnExists.Replace)));
        var snapshot = replay.Publish();
        var rows = new RowEvaluator(snapshot, replay.Now, new());
        for (var i = 0; i < 30; i++)
        {
            var text = conditions.Next(random.Next(4)).Text;
            CheckGroups(snapshot, rows, replay.Now, text);
        }
    });

    /// <summary>Fields with columns of their own, some of whose missing cells stand for the value of another column or for 1.</summary>
    [Fact]
    public void Groups_WhenBuiltInFieldsAreCompared_AgreeWithTheRows() => Properties.CheckRandom(40, random =>
    {
        var replay = new ReplayHarness();
        string[] ids = [.. Enumerable.Range(0, random.Next(1, 300)).Select(i => $"c{i}")];
        float[] shares = [0, -0.0f, float.Epsilon, 0.25f, 0.3f, 1];
        for (var round = 0; round < 4; round++)
        {
            replay.Commit(writer =>
            {
                foreach (var id in ids)
                {
                    var (strength, confidence) = (shares[random.Next(6)], shares[random.Next(round == 1 ? 0 : 2, 6)]);
                    var concept = new Concept { Id = id, Strength = strength, Confidence = confidence, Labels = random.Next(3) == 0 ? ["x"] : [] };
                    if (round == 0 || random.Next(3) == 0)
                    {
                        writer.Put(concept, OnExists.Replace);
                    }
                    else if (random.Next(3) == 0)
                    {
                        writer.Reinforce(Encoding.UTF8.GetBytes(id), 0.5f, OnMissing.Fail);
                    }
                }
            });
            replay.Now = replay.Now.Plus(TimeSpan.FromDays(1));
        }

        var snapshot = replay.Publish();
        var rows = new RowEvaluator(snapshot, replay.Now, new());
        string[] fields = ["createdAt", "updatedAt", "reinforcedAt", "validFrom", "expiresAt", "version", "strength", "confidence", "currentStrength", "labels", "id", "content"];
        string[] literals = ["TIMESTAMP '2026-01-02'", "'2026-01-03'", "0", "-0.0", "0.3", "0.25", "1", "1e300", "2", snapshot.Position.Value.ToString(CultureInfo.InvariantCulture), "'c1'", "NULL"];
        for (var i = 0; i < 60; i++)
        {
            var (field, literal, operation) = (fields[random.Next(fields.Length)], literals[random.Next(literals.Length)], "= <> < <= > >=".Split(' ')[random.Next(6)]);
            try
            {
                CheckGroups(snapshot, rows, replay.Now, random.Next(2) == 0 ? $"{field} {operation} {literal}" : $"NOT {literal} {operation} {field} AND {field} IS NOT NULL");
            }
            catch (CairnException refusal) when (refusal.Problem == "syntax")
            {
                // A text beside an instant that is none.
            }
        }

        CheckGroups(snapshot, rows, replay.Now, "labels CONTAINS 'x'");
        CheckGroups(snapshot, rows, replay.Now, "NOT labels CONTAINS 'never'");
        CheckGroups(snapshot, rows, replay.Now, "labels CONTAINS 1");
    });

    private static void CheckGroups(Snapshot snapshot, RowEvaluator rows, Timestamp now, string text)
    {
        var expression = ExpressionParser.Parse(text);
        var groups = new GroupEvaluator(snapshot, now, expression, new());
        for (var group = 0; group * Page.Rows < snapshot.ConceptRows; group++)
        {
            var count = Math.Min(Page.Rows, snapshot.ConceptRows - (group * Page.Rows));
            var truth = groups.Evaluate(group, count == Page.Rows ? UInt128.MaxValue : (UInt128.One << count) - 1);
            for (var row = 0; row < count; row++)
            {
                var found = ((truth.True >> row) & 1) != 0 ? Truth.True : ((truth.False >> row) & 1) != 0 ? Truth.False : Truth.Unknown;
                Assert.True(rows.Evaluate(expression, (group * Page.Rows) + row) == found, $"{text} of row {row} in group {group}");
            }
        }
    }

    /// <summary>5,000 patterns over texts of 20 KB: a single row group takes a second.</summary>
    [Theory]
    [InlineData("list")]
    [InlineData("order")]
    [InlineData("aggregate")]
    public void Scans_WhenTheConditionIsLong_EndSlicesEarlyAndSeeTheDeadline(string query)
    {
        var replay = new ReplayHarness();
        var text = new string('x', 20_000);
        replay.Commit(writer =>
        {
            for (var i = 0; i < 200; i++)
            {
                writer.Put(new Concept { Id = $"c{i}", Content = text }, OnExists.Replace);
            }
        });
        var snapshot = replay.Publish();
        WhereClause Patterns(int count) => WhereClause.Parse(string.Join(" OR ", Enumerable.Repeat("content LIKE '%y'", count)), "where");
        Assert.True(StepsOf(Patterns(20)) > 1);
        Assert.Equal("timeout", Assert.Throws<CairnException>(() => StepsOf(Patterns(3000), Deadline.After(TimeProvider.System, TimeSpan.Zero))).Problem);

        int StepsOf(WhereClause where, Deadline deadline = default) => query switch
        {
            "list" => Steps(new ConceptListing { Now = replay.Now, Where = where }.Start(snapshot), deadline),
            "order" => Steps(new ConceptListing { Now = replay.Now, Where = where, OrderBy = OrderBy.Parse("version", "") }.Start(snapshot), deadline),
            _ => Steps(new Aggregation([], [AggregateItem.Create(AggregateFunction.Count, null, null, "")]) { Now = replay.Now, Where = where }.Start(snapshot), deadline),
        };
    }

    private static int Steps<T>(Scan<T> scan, Deadline deadline)
    {
        scan.Deadline = deadline;
        var steps = 1;
        while (scan.Step())
        {
            steps++;
        }

        return steps;
    }

    // So that what comes behind lives in bags.
    private static void FillColumns(ReplayHarness replay)
    {
        for (var first = 0; first < Limits.AttributeColumns - 3; first += 200)
        {
            var names = Enumerable.Range(first, Math.Min(200, Limits.AttributeColumns - 3 - first));
            var filler = new Concept { Id = "filler", Attributes = names.ToDictionary(number => $"filler{number}", number => (Value)number) };
            replay.Commit(writer => writer.Put(filler, OnExists.Replace));
        }
    }

    private static Concept Random(int number, Random random, RandomCondition conditions)
    {
        var attributes = new Dictionary<string, Value>();
        foreach (var name in new[] { "a", "b", "c" })
        {
            if (random.Next(4) > 0)
            {
                attributes[name] = conditions.NextValue();
            }
        }

        string[] ids = ["a", "ab", "é", "x"];
        return new() { Id = number < ids.Length ? ids[number] : $"n{number}", Attributes = attributes, Strength = random.Next(3) / 2f, Confidence = random.Next(3) / 2f, Labels = random.Next(2) == 0 ? ["x"] : ["y"], ValidFrom = ValidFroms[random.Next(3)] };
    }
}
