using System.Text;
using Cairn.Columns;
using Cairn.Domain.Tests.Reconciliation;
using Cairn.Formats;
using Cairn.Model;
using Cairn.Primitives;
using Cairn.Query;
using Cairn.Query.Expressions;

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
        var (rows, groups) = (new RowEvaluator(snapshot, replay.Now), new GroupEvaluator(snapshot, replay.Now));
        for (var i = 0; i < 30; i++)
        {
            var text = conditions.Next(random.Next(4)).Text;
            var expression = ExpressionParser.Parse(text);
            for (var group = 0; group * Page.Rows < snapshot.ConceptRows; group++)
            {
                var count = Math.Min(Page.Rows, snapshot.ConceptRows - (group * Page.Rows));
                var truth = groups.Evaluate(expression, group, count == Page.Rows ? UInt128.MaxValue : (UInt128.One << count) - 1);
                for (var row = 0; row < count; row++)
                {
                    var found = ((truth.True >> row) & 1) != 0 ? Truth.True : ((truth.False >> row) & 1) != 0 ? Truth.False : Truth.Unknown;
                    Assert.True(rows.Evaluate(expression, (group * Page.Rows) + row) == found, $"{text} of row {row} in group {group}");
                }
            }
        }
    });

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
        return new() { Id = number < ids.Length ? ids[number] : $"n{number}", Attributes = attributes, Strength = random.Next(3) / 2f, ValidFrom = ValidFroms[random.Next(3)] };
    }
}
