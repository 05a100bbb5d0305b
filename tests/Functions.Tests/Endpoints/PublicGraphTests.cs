using System.Net;
using System.Text;
using System.Text.Json;
using Cairn.Functions.Tests.Serving;

namespace Cairn.Functions.Tests.Endpoints;

/// <summary>Public networks, imported as a client would, with answers by networkx.</summary>
public sealed class PublicGraphTests : ServerTests
{
    private const int MaxDepth = 32;

    [Theory]
    [InlineData("Karate")]
    [InlineData("power")]
    public async Task Graph_WhenImported_HasTheOraclesPathsAndNeighbors(string name)
    {
        var edges = await File.ReadAllLinesAsync(SharedData.Find($"graphs/{name}.edges.tsv"), TestContext.Current.CancellationToken);
        var oracle = JsonDocument.Parse(await File.ReadAllTextAsync(SharedData.Find($"graphs/{name}.oracle.json"), TestContext.Current.CancellationToken)).RootElement;
        var space = NewSpace();

        var imported = (await Server.SendAsync("POST", $"{space}/import?format=ndjson", Lines(edges), "application/x-ndjson")).Require(HttpStatusCode.OK);

        Assert.Equal((oracle.GetProperty("nodes").GetInt32(), edges.Length, 0), (Count(imported, "concepts"), Count(imported, "associations"), Count(imported, "rejectedCount")));
        foreach (var pair in oracle.GetProperty("shortest").EnumerateArray())
        {
            var body = $$"""{"from":"{{pair[0]}}","to":"{{pair[1]}}","maxDepth":{{MaxDepth}}}""";
            var paths = (await Server.PostAsync($"{space}/paths", body)).Require(HttpStatusCode.OK)["paths"];
            var length = pair[2].GetInt32();
            Assert.Equal(length <= MaxDepth ? length : (int?)null, paths.GetArrayLength() == 0 ? null : paths[0].GetProperty("length").GetInt32());
        }

        foreach (var start in oracle.GetProperty("bfs").EnumerateObject())
        {
            var neighbors = (await Server.GetAsync($"{space}/concepts/{start.Name}/neighbors?fields=id&limit=1000")).Require(HttpStatusCode.OK)["items"];
            Assert.Equal(start.Value.GetProperty("levels").GetProperty("1").GetInt32(), neighbors.GetArrayLength());
        }
    }

    private static int Count(Reply reply, string name) => reply[name].GetInt32();

    private static string Lines(string[] edges)
    {
        var ends = edges.Select(edge => edge.Split('\t')).ToArray();
        var lines = new StringBuilder();
        foreach (var node in ends.SelectMany(pair => pair).Distinct())
        {
            lines.AppendLine($$$"""{"concept":{"id":"{{{node}}}"}}""");
        }

        foreach (var pair in ends)
        {
            lines.AppendLine($$$"""{"association":{"source":"{{{pair[0]}}}","type":"linked","target":"{{{pair[1]}}}"}}""");
        }

        return lines.ToString();
    }
}
