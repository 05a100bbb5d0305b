using System.Text;
using Cairn.Domain.Tests.Reconciliation;
using Cairn.Formats;
using Cairn.Model;
using Cairn.Primitives;
using Cairn.Query.Schemas;
using Cairn.Snapshots;

namespace Cairn.Domain.Tests.Query;

public sealed class SchemaTests
{
    private static readonly Value[] Values =
    [
        Value.Null, true, 1, 1.5, "x", new Timestamp(7), new byte[] { 1 }, new Value[] { 1 }, Value.Object(new Dictionary<string, Value> { ["a"] = 1 }),
    ];

    [Fact]
    public void Counts_WhenDataIsRandom_AreThoseOfTheNaiveReading() => Properties.CheckRandom(60, random =>
    {
        var replay = new ReplayHarness();
        if (random.Next(2) == 0)
        {
            FillColumns(replay);
        }

        string[] ids = [.. Enumerable.Range(0, random.Next(1, 300)).Select(i => $"c{i}")];
        replay.Commit(writer =>
        {
            foreach (var id in ids)
            {
                writer.Put(Concept(id, random, replay.Now), OnExists.Replace);
            }

            for (var i = random.Next(300); i > 0; i--)
            {
                writer.Associate(Association(ids, random), OnExists.Replace, MissingEndpoints.Imply);
            }

            for (var i = random.Next(20); i > 0; i--)
            {
                writer.Delete(Encoding.UTF8.GetBytes(ids[random.Next(ids.Length)]), OnMissing.Skip);
            }
        });
        var (snapshot, now) = (replay.Publish(), replay.Now.Plus(TimeSpan.FromMinutes(1)));
        foreach (var validAt in new Timestamp?[] { null, new(1) })
        {
            foreach (var maxNames in new[] { 3, 10_000 })
            {
                var schema = new SchemaQuery { Now = now, ValidAt = validAt, MaxNames = maxNames }.Start(snapshot).Run(TestContext.Current.CancellationToken);

                var expected = new NaiveGraph(snapshot, now, validAt);
                Assert.Equal(Naive(snapshot, expected, maxNames), (Text(schema), schema.IsTruncated));
            }
        }
    });

    [Fact]
    public void Count_WhenLong_IsMadeInSlices()
    {
        var replay = new ReplayHarness();
        foreach (var chunk in Enumerable.Range(0, 20_000).Chunk(5000))
        {
            replay.Commit(writer => Array.ForEach(chunk, i => writer.Put(new Concept { Id = $"c{i}", Labels = [$"l{i}"] }, OnExists.Replace)));
        }

        var scan = new SchemaQuery { Now = replay.Now }.Start(replay.Publish());
        var steps = 1;
        while (scan.Step())
        {
            steps++;
        }

        Assert.Equal((10_000, true, 20_000), (scan.Result.Labels.Count, scan.Result.IsTruncated, scan.RowsVisited));
        Assert.InRange(steps, 12, 16);
    }

    private static (string Text, bool IsTruncated) Naive(Snapshot snapshot, NaiveGraph graph, int maxNames)
    {
        var concepts = graph.Shown.Where(row => !snapshot.Concept(row).IsImplied).ToArray();
        var (labels, types) = (new List<string>(), new List<string>());
        var (ofConcepts, ofAssociations) = (new List<(string Name, ValueKind Kind)>(), new List<(string Name, ValueKind Kind)>());
        foreach (var row in concepts)
        {
            var concept = snapshot.Concept(row);
            for (var i = 0; i < concept.LabelCount; i++)
            {
                labels.Add(Encoding.UTF8.GetString(concept.Label(i)));
            }

            foreach (var attribute in concept.Attributes)
            {
                ofConcepts.Add((Encoding.UTF8.GetString(attribute.Name), attribute.Value.Kind));
            }
        }

        foreach (var row in graph.Edges.Select(edge => edge.Row))
        {
            var association = snapshot.Association(row);
            types.Add(Encoding.UTF8.GetString(association.TypeName));
            foreach (var attribute in association.Attributes)
            {
                ofAssociations.Add((Encoding.UTF8.GetString(attribute.Name), attribute.Value.Kind));
            }
        }

        var isTruncated = new[] { labels.Distinct(), types.Distinct(), ofConcepts.Select(of => of.Name).Distinct(), ofAssociations.Select(of => of.Name).Distinct() }
            .Any(names => names.Count() > maxNames);
        return (Lines(Counts(labels, maxNames), Counts(types, maxNames), Kinds(ofConcepts, maxNames), Kinds(ofAssociations, maxNames)), isTruncated);
    }

    private static IEnumerable<string> Counts(List<string> names, int maxNames) =>
        names.CountBy(name => name).OrderBy(pair => pair.Key, StringComparer.Ordinal).Take(maxNames).Select(pair => $"{pair.Key}={pair.Value}");

    private static IEnumerable<string> Kinds(List<(string Name, ValueKind Kind)> all, int maxNames) => all.GroupBy(of => of.Name).OrderBy(group => group.Key, StringComparer.Ordinal)
        .Take(maxNames).Select(group => group.Key + ":" + string.Join(',', group.CountBy(of => of.Kind).OrderBy(pair => pair.Key).Select(pair => $"{pair.Key}={pair.Value}")));

    private static string Text(SpaceSchema schema) => Lines(
        schema.Labels.Select(name => $"{Encoding.UTF8.GetString(name.Name.Span)}={name.Count}"),
        schema.AssociationTypes.Select(name => $"{Encoding.UTF8.GetString(name.Name.Span)}={name.Count}"),
        schema.Attributes.Select(Text),
        schema.AssociationAttributes.Select(Text));

    private static string Text(AttributeTypes types) => Encoding.UTF8.GetString(types.Name.Span) + ":"
        + string.Join(',', types.Counts.Select((count, kind) => (count, kind)).Where(pair => pair.count > 0).Select(pair => $"{(ValueKind)pair.kind}={pair.count}"));

    private static string Lines(params IEnumerable<string>[] parts) => string.Join(" | ", parts.Select(part => string.Join(' ', part)));

    private static Concept Concept(string id, Random random, Timestamp now) => new()
    {
        Id = id,
        Labels = [.. new[] { "x", "y", "z", "é" }.Where(_ => random.Next(3) == 0)],
        Attributes = Attributes(random),
        ValidFrom = random.Next(3) == 0 ? new Timestamp(random.Next(4)) : null,
        ExpiresAt = random.Next(5) == 0 ? now.Plus(TimeSpan.FromSeconds(random.Next(120))) : null,
    };

    private static Association Association(string[] ids, Random random) => new()
    {
        Key = new(ids[random.Next(ids.Length)], $"t{random.Next(5)}", random.Next(9) == 0 ? "implied" : ids[random.Next(ids.Length)]),
        Attributes = Attributes(random),
        ValidFrom = random.Next(3) == 0 ? new Timestamp(random.Next(4)) : null,
    };

    private static Dictionary<string, Value> Attributes(Random random)
    {
        var attributes = new Dictionary<string, Value>();
        for (var i = random.Next(6); i > 0; i--)
        {
            attributes[$"n{random.Next(12)}"] = Values[random.Next(Values.Length)];
        }

        return attributes;
    }

    // So that some of what comes behind lives in bags.
    private static void FillColumns(ReplayHarness replay)
    {
        foreach (var names in Enumerable.Range(0, Limits.AttributeColumns - 5).Chunk(200))
        {
            replay.Commit(writer => writer.Put(new Concept { Id = "filler", Attributes = names.ToDictionary(number => $"filler{number}", number => (Value)number) }, OnExists.Replace));
        }

        replay.Commit(writer => writer.Delete("filler"u8, OnMissing.Fail));
    }
}
