using System.Text;
using Cairn.Domain.Tests.Reconciliation;
using Cairn.Formats;
using Cairn.Model;
using Cairn.Query;

namespace Cairn.Domain.Tests.Query.Expressions;

public sealed class WhereClauseTests
{
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
        return new() { Id = number < ids.Length ? ids[number] : $"n{number}", Attributes = attributes, Strength = random.Next(3) / 2f };
    }
}
