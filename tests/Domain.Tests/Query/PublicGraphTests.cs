using System.Globalization;
using System.Runtime.CompilerServices;
using System.Text;
using System.Text.Json;
using Cairn.Primitives;
using Cairn.Query;
using Cairn.Snapshots;

namespace Cairn.Domain.Tests.Query;

/// <summary>Public networks with answers by networkx, from the data folder beside the repository; skipped without it.</summary>
public sealed class PublicGraphTests
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData("Karate")]
    [InlineData("power")]
    public void Shortest_WhenGraphIsPublic_HasTheOraclesLengthAndCount(string name)
    {
        var (snapshot, oracle) = Load(name);
        foreach (var pair in oracle.GetProperty("shortest").EnumerateArray())
        {
            var (from, to, length) = (Row(snapshot, pair[0].GetInt32()), Row(snapshot, pair[1].GetInt32()), pair[2].GetInt32());
            var paths = new PathQuery { From = from, To = to, Now = Timestamp.Min, MaxDepth = 32, Limit = name == "Karate" ? 100 : 1 }.Run(snapshot, Token).Paths;

            Assert.Equal(length <= 32, paths.Count > 0);
            Assert.All(paths, path => Assert.InRange(path.Length, length, 32));
            if (length <= 32)
            {
                Assert.Equal(length, paths[0].Length);
            }

            if (pair[3].ValueKind == JsonValueKind.Number && name == "Karate")
            {
                Assert.Equal(Math.Min(100, pair[3].GetInt32()), paths.Count(path => path.Length == length));
            }
        }
    }

    [Theory]
    [InlineData("Karate")]
    [InlineData("power")]
    public void Neighbors_WhenGraphIsPublic_ReachTheOraclesLevels(string name)
    {
        var (snapshot, oracle) = Load(name);
        foreach (var start in oracle.GetProperty("bfs").EnumerateObject())
        {
            var expected = start.Value.GetProperty("levels").EnumerateObject().Select(level => level.Value.GetInt32());
            Assert.Equal(expected, Levels(snapshot, Row(snapshot, Number(start.Name))));
        }

        foreach (var start in oracle.GetProperty("khop").EnumerateObject())
        {
            var levels = Levels(snapshot, Row(snapshot, Number(start.Name)));
            Assert.Equal(start.Value.EnumerateArray().Select(count => count.GetInt32()), Enumerable.Range(1, 3).Select(hops => levels.Take(hops + 1).Sum() - 1));
        }
    }

    private static List<int> Levels(Snapshot snapshot, int start)
    {
        var (levels, level, seen) = (new List<int>(), new List<int> { start }, new HashSet<int> { start });
        while (level.Count > 0)
        {
            levels.Add(level.Count);
            level = [.. level.SelectMany(row => new NeighborQuery { Concept = row, Now = Timestamp.Min, Limit = 1000 }.Run(snapshot, Token).Items)
                .Select(edge => edge.Neighbor).Where(seen.Add)];
        }

        return levels;
    }

    private static int Row(Snapshot snapshot, int node) => snapshot.FindConcept(Id(node));

    private static byte[] Id(int node) => Encoding.ASCII.GetBytes(node.ToString(CultureInfo.InvariantCulture));

    private static int Number(string text) => int.Parse(text, CultureInfo.InvariantCulture);

    private static (Snapshot Snapshot, JsonElement Oracle) Load(string name)
    {
        var folder = FindData();
        Assert.SkipWhen(folder is null, "there is no shared/data/graphs beside the repository");
        var graph = new QueryGraph();
        graph.Associate(File.ReadLines(Path.Combine(folder!, name + ".edges.tsv")).Select(line => line.Split('\t')).Select(ends => (ends[0], ends[1])));
        return (graph.Publish(), JsonDocument.Parse(File.ReadAllText(Path.Combine(folder!, name + ".oracle.json"))).RootElement);
    }

    private static string? FindData([CallerFilePath] string source = "")
    {
        for (var folder = Path.GetDirectoryName(source); !string.IsNullOrEmpty(folder); folder = Path.GetDirectoryName(folder))
        {
            if (Directory.Exists(Path.Combine(folder, "shared", "data", "graphs")))
            {
                return Path.Combine(folder, "shared", "data", "graphs");
            }
        }

        return null;
    }
}
