using System.Text.Json;
using Cairn.Functions.Mcp;
using Cairn.Functions.Tests.Serving;

namespace Cairn.Functions.Tests.Mcp;

/// <summary>What tools do to a memory, and what they answer.</summary>
public sealed class MemoryToolTests : ServerTests
{
    private const string Graph = """
        {"entities":[
          {"name":"Ada","entityType":"person","observations":["wrote the first program","knew Babbage"]},
          {"name":"Babbage","entityType":"person","observations":[]},
          {"name":"Engine","entityType":"machine","observations":["was never finished"]}]}
        """;

    private const string Relations = """
        {"relations":[
          {"from":"Ada","to":"Babbage","relationType":"worked_with"},
          {"from":"Babbage","to":"Engine","relationType":"designed"},
          {"from":"Engine","to":"Nowhere","relationType":"stands_in"}]}
        """;

    private McpClient NewMemory() => new(Server, NewSpace().Split('/')[^1]);

    private async Task<McpClient> NewGraphAsync()
    {
        var memory = NewMemory();
        Assert.Equal(3, (await memory.DoAsync("create_entities", Graph)).GetProperty("entities").GetArrayLength());
        Assert.Equal(3, (await memory.DoAsync("create_relations", Relations)).GetProperty("relations").GetArrayLength());
        return memory;
    }

    [Fact]
    public async Task Create_WhenSomeExist_AnswersOnlyTheNewAndLeavesTheOthers()
    {
        var memory = await NewGraphAsync();

        var created = await memory.DoAsync("create_entities", """
            {"entities":[{"name":"Ada","entityType":"other","observations":["x"]},{"name":"ada","entityType":"","observations":[]},{"name":"Nowhere","entityType":"place","observations":[]}]}
            """);
        var related = await memory.DoAsync("create_relations", """
            {"relations":[{"from":"Ada","to":"Babbage","relationType":"worked_with"},{"from":"Ada","to":"Babbage","relationType":"wrote_to"}]}
            """);

        Assert.Equal(["ada", "Nowhere"], Names(created));
        Assert.Equal("wrote_to", related.GetProperty("relations")[0].GetProperty("relationType").GetString());
        Assert.Equal(1, related.GetProperty("relations").GetArrayLength());
        var ada = (await memory.DoAsync("open_nodes", """{"names":["Ada"]}""")).GetProperty("entities")[0];
        Assert.Equal("""{"name":"Ada","entityType":"person","observations":["wrote the first program","knew Babbage"]}""", ada.GetRawText());
    }

    [Fact]
    public async Task AddObservations_WhenSomeAreThere_AnswersThoseThatWereAdded()
    {
        var memory = await NewGraphAsync();

        var added = await memory.DoAsync("add_observations", """
            {"observations":[{"entityName":"Ada","contents":["knew Babbage","died in 1852","died in 1852"]},{"entityName":"Babbage","contents":[]},{"entityName":"Ada","contents":["died in 1852","lived"]}]}
            """);

        // What comes twice in one list is answered twice, and there once.
        Assert.Equal(
            """[{"entityName":"Ada","addedObservations":["died in 1852","died in 1852"]},{"entityName":"Babbage","addedObservations":[]},{"entityName":"Ada","addedObservations":["lived"]}]""",
            added.GetProperty("results").GetRawText());
        Assert.Equal(4, (await memory.DoAsync("open_nodes", """{"names":["Ada"]}""")).GetProperty("entities")[0].GetProperty("observations").GetArrayLength());
    }

    [Fact]
    public async Task Create_WhenANameComesTwice_PutsBothTogetherAndAnswersEach()
    {
        var memory = NewMemory();
        const string Twice = """{"entities":[{"name":"Ada","entityType":"person","observations":["wrote"]},{"name":"Engine","entityType":"machine","observations":[]},{"name":"Ada","entityType":"poet","observations":["knew Babbage"]}]}""";

        var created = await memory.DoAsync("create_entities", Twice);
        var related = await memory.DoAsync("create_relations", """{"relations":[{"from":"Ada","to":"Engine","relationType":"used"},{"from":"Ada","to":"Engine","relationType":"used"}]}""");

        Assert.Equal(Twice, created.GetRawText());
        Assert.Equal(2, related.GetProperty("relations").GetArrayLength());
        Assert.Equal(
            """{"entities":[{"name":"Ada","entityType":"person","observations":["wrote","knew Babbage"]},{"name":"Engine","entityType":"machine","observations":[]}],"relations":[{"from":"Ada","to":"Engine","relationType":"used"}]}""",
            (await memory.DoAsync("read_graph", "{}")).GetRawText());
        Assert.Empty((await memory.DoAsync("create_entities", Twice)).GetProperty("entities").EnumerateArray());
        Assert.Empty((await memory.DoAsync("create_relations", """{"relations":[{"from":"Ada","to":"Engine","relationType":"used"},{"from":"Ada","to":"Engine","relationType":"used"}]}""")).GetProperty("relations").EnumerateArray());
    }

    [Fact]
    public async Task DeleteRelations_WhenSomeHaveKeys_DeletesAllOfThoseEndsAndType()
    {
        var memory = await NewGraphAsync();
        await Server.PostAsync($"/v1/spaces/{memory.Path.Split('/')[^1]}/commits", $$"""
            {"operations":[{{Associate("Ada", "worked_with", "Babbage", "\"key\":\"1833\"")}},{{Associate("Ada", "worked_with", "Babbage", "\"key\":\"1842\"")}},
              {{Associate("Ada", "wrote_to", "Babbage", "\"key\":\"1833\"")}},{{Associate("Babbage", "worked_with", "Ada", "\"key\":\"1833\"")}}]}
            """);
        Assert.Equal(7, (await memory.DoAsync("read_graph", "{}")).GetProperty("relations").GetArrayLength());

        await memory.DoAsync("delete_relations", """{"relations":[{"from":"Ada","to":"Babbage","relationType":"worked_with"},{"from":"Nobody","to":"Ada","relationType":"no such type"}]}""");

        var left = (await memory.DoAsync("open_nodes", """{"names":["Ada"]}""")).GetProperty("relations").EnumerateArray();
        Assert.Equal(["Ada wrote_to", "Babbage worked_with"], left.Select(relation => $"{relation.GetProperty("from").GetString()} {relation.GetProperty("relationType").GetString()}"));
    }

    [Theory]
    [InlineData("""[{"entityName":"Ada","contents":["x"]},{"entityName":"Nobody","contents":["y"]}]""", "Nobody")]
    [InlineData("""[{"entityName":"Ada","contents":["x"]},{"entityName":"Nowhere","contents":[]}]""", "Nowhere")]
    [InlineData("""[{"entityName":"Ada","contents":["x"]},{"entityName":"..","contents":["y"]}]""", "..")]
    [InlineData("""[{"entityName":"","contents":["y"]}]""", "")]
    public async Task AddObservations_WhenAnEntityIsMissing_SavesNothing(string observations, string name)
    {
        var memory = await NewGraphAsync();

        Assert.Equal($"Entity with name {name} not found", await memory.FailAsync("add_observations", $$"""{"observations":{{observations}}}"""));
        Assert.Equal(2, (await memory.DoAsync("open_nodes", """{"names":["Ada"]}""")).GetProperty("entities")[0].GetProperty("observations").GetArrayLength());
    }

    [Fact]
    public async Task Delete_WhenSomethingIsMissing_TakesTheRestAndTheRelationsOfNamesWithoutEntity()
    {
        var memory = await NewGraphAsync();

        Assert.Equal("Entities deleted successfully", (await memory.DoAsync("delete_entities", """{"entityNames":["Ada","Nobody","Nowhere","..",""]}""")).GetProperty("message").GetString());
        await memory.DoAsync("delete_observations", """{"deletions":[{"entityName":"Engine","observations":["was never finished","x"]},{"entityName":"Nobody","observations":["y"]},{"entityName":"Babbage","observations":[]}]}""");
        await memory.DoAsync("delete_relations", """{"relations":[{"from":"a","to":"b","relationType":"c"},{"from":"","to":"","relationType":""}]}""");

        Assert.Equal(
            """{"entities":[{"name":"Babbage","entityType":"person","observations":[]},{"name":"Engine","entityType":"machine","observations":[]}],"relations":[{"from":"Babbage","to":"Engine","relationType":"designed"}]}""",
            (await memory.DoAsync("read_graph", "{}")).GetRawText());
        await memory.DoAsync("delete_relations", """{"relations":[{"from":"Babbage","to":"Engine","relationType":"designed"}]}""");
        Assert.Empty((await memory.DoAsync("read_graph", "{}")).GetProperty("relations").EnumerateArray());
    }

    [Theory]
    [InlineData("PERSON", "Ada,Babbage", 2)]
    [InlineData("first PROGRAM", "Ada", 1)]
    [InlineData("engine", "Engine", 2)]
    [InlineData("", "Ada,Babbage,Engine", 3)]
    [InlineData("nowhere", "", 0)]
    public async Task Search_WhenAsked_FindsOneSubstringAndWhatTouchesIt(string query, string names, int relations)
    {
        var memory = await NewGraphAsync();

        var found = await memory.DoAsync("search_nodes", $$"""{"query":"{{query}}"}""");

        Assert.Equal(names, string.Join(',', Names(found)));
        Assert.Equal(relations, found.GetProperty("relations").GetArrayLength());
    }

    [Fact]
    public async Task Read_WhenCutIntoPages_GivesEveryEntityOnce()
    {
        var memory = await NewGraphAsync();
        var names = new List<string>();
        for (var cursor = (string?)null; ;)
        {
            var page = await memory.DoAsync("read_graph", cursor is null ? """{"limit":2}""" : $$"""{"limit":2,"cursor":"{{cursor}}"}""");
            names.AddRange(Names(page));
            if (!page.TryGetProperty("nextCursor", out var next))
            {
                break;
            }

            cursor = next.GetString();
        }

        Assert.Equal(["Ada", "Babbage", "Engine"], names);
        Assert.Contains("begin again", await memory.FailAsync("read_graph", """{"cursor":"nobody"}"""), StringComparison.Ordinal);
        Assert.Equal(["Engine"], Names(await memory.DoAsync("open_nodes", """{"names":["Engine","Ada"],"limit":1,"cursor":"Ada"}""")));
    }

    [Fact]
    public async Task Read_WithLessDetail_LeavesOutWhatIsLong()
    {
        var memory = await NewGraphAsync();
        await memory.DoAsync("create_entities", $$"""{"entities":[{"name":"long","entityType":"text","observations":["{{new string('é', 200)}}","second"]}]}""");

        Assert.Equal("""{"entities":[{"name":"Engine","entityType":"machine"}],"relations":[]}""", (await memory.DoAsync("open_nodes", """{"names":["Engine"],"detail":"names"}""")).GetRawText());
        var summary = (await memory.DoAsync("search_nodes", """{"query":"text","detail":"summary"}""")).GetProperty("entities")[0];
        Assert.Equal((new string('é', 80) + "…", 2), (summary.GetProperty("observations")[0].GetString(), summary.GetProperty("observationCount").GetInt32()));
        Assert.Equal(1, summary.GetProperty("observations").GetArrayLength());
    }

    [Fact]
    public async Task Read_WhenTheGraphIsLong_EndsThePageAndCountsTheRelationsThatDoNotFit()
    {
        var memory = NewMemory();
        var text = new string('x', 1000);
        await memory.DoAsync("create_entities", $$"""{"entities":[{{string.Join(',', Enumerable.Range(0, 1000).Select(i => $$"""{"name":"e{{i:000}}","entityType":"t","observations":["{{text}}"]}"""))}}]}""");
        await memory.DoAsync("create_relations", $$"""{"relations":[{{string.Join(',', Enumerable.Range(0, 9000).Select(i => $$"""{"from":"e000","to":"other{{i}}","relationType":"r"}"""))}}]}""");

        var result = await memory.CallAsync("read_graph", "{}");

        var page = result.GetProperty("structuredContent");
        Assert.InRange(result.GetRawText().Length, GraphAnswer.PageBytes, 8 * GraphAnswer.PageBytes);
        Assert.Equal(Names(page)[^1], page.GetProperty("nextCursor").GetString());
        Assert.Equal(9000, page.GetProperty("relations").GetArrayLength() + page.GetProperty("omittedRelations").GetInt32());
        Assert.Equal(["e999"], Names(await memory.DoAsync("read_graph", """{"cursor":"e998"}""")));
    }

    [Fact]
    public async Task FindPath_WhenTheyAreConnected_GivesTheChain()
    {
        var memory = await NewGraphAsync();

        var found = await memory.DoAsync("find_path", """{"from":"Ada","to":"Nowhere"}""");

        var path = found.GetProperty("paths")[0];
        Assert.Equal("""["Ada","Babbage","Engine","Nowhere"]""", path.GetProperty("entities").GetRawText());
        Assert.Equal("""{"from":"Babbage","to":"Engine","relationType":"designed"}""", path.GetProperty("relations")[1].GetRawText());
        Assert.Empty((await memory.DoAsync("find_path", """{"from":"Nowhere","to":"Ada","direction":"out"}""")).GetProperty("paths").EnumerateArray());
        Assert.Contains("/to", await memory.FailAsync("find_path", """{"from":"Ada","to":"Nobody"}"""), StringComparison.Ordinal);
        Assert.Contains("unknown member 'depth'", await memory.FailAsync("find_path", """{"from":"Ada","to":"Ada","depth":3}"""), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Forget_WhenAsked_SaysWhatWasThere()
    {
        var memory = await NewGraphAsync();

        Assert.Equal("""{"forgotten":["Ada"],"missing":["Nobody"]}""", (await memory.DoAsync("forget", """{"names":["Ada","Nobody"]}""")).GetRawText());
        var later = await memory.DoAsync("forget", """{"names":["Babbage"],"after":"P30D"}""");

        Assert.Equal("Babbage", later.GetProperty("forgotten")[0].GetString());
        var at = later.GetProperty("at").GetDateTimeOffset();
        Assert.InRange(at, DateTimeOffset.UtcNow.AddDays(29), DateTimeOffset.UtcNow.AddDays(31));
        Assert.Equal(["Babbage", "Engine"], Names(await memory.DoAsync("read_graph", "{}")));
        await memory.DoAsync("forget", """{"names":["Babbage"],"after":"PT0S"}""");
        Assert.Equal(["Engine"], Names(await memory.DoAsync("read_graph", "{}")));
        Assert.Contains("duration", await memory.FailAsync("forget", """{"names":["Engine"],"after":"soon"}"""), StringComparison.Ordinal);
        Assert.Contains("unknown member 'when'", await memory.FailAsync("forget", """{"names":["Engine"],"when":"P1D"}"""), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Reinforce_WhenStrengthIsLow_RaisesItByAShareOfWhatIsMissing()
    {
        var memory = NewMemory();
        await Server.PutAsync($"/v1/spaces/{memory.Path.Split('/')[^1]}/concepts/weak", """{"strength":0.5}""");

        var raised = await memory.DoAsync("reinforce", """{"names":["weak","Nobody"],"amount":0.5}""");

        Assert.Equal("""{"reinforced":[{"name":"weak","strength":0.75}],"missing":["Nobody"]}""", raised.GetRawText());
        Assert.Contains("0 to 1", await memory.FailAsync("reinforce", """{"names":["weak"],"amount":2}"""), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Stats_WhenAsked_CountTypes()
    {
        var memory = await NewGraphAsync();

        var stats = await memory.DoAsync("memory_stats", "{}");

        Assert.Equal((3, 3), (stats.GetProperty("entities").GetInt32(), stats.GetProperty("relations").GetInt32()));
        Assert.Equal("""[{"name":"machine","count":1},{"name":"person","count":2}]""", stats.GetProperty("entityTypes").GetRawText());
        Assert.True(stats.GetProperty("logBytes").GetInt64() > 0);
    }

    [Fact]
    public async Task Resource_WhenRead_IsTheGraph()
    {
        var memory = await NewGraphAsync();

        var listed = (await memory.SendAsync("resources/list")).GetProperty("result").GetProperty("resources")[0];
        var read = (await memory.SendAsync("resources/read", """{"uri":"memory://knowledge-graph"}""")).GetProperty("result").GetProperty("contents")[0];

        Assert.Equal(("memory://knowledge-graph", "knowledge-graph"), (listed.GetProperty("uri").GetString(), listed.GetProperty("name").GetString()));
        Assert.Equal(McpClient.Text(await memory.CallAsync("read_graph", "{}")), read.GetProperty("text").GetString());
        Assert.True((await memory.SendAsync("resources/read", """{"uri":"memory://other"}""")).TryGetProperty("error", out _));
    }

    [Fact]
    public async Task Import_WhenReadByTools_IsTheSameGraph()
    {
        var memory = NewMemory();
        var lines = await File.ReadAllTextAsync(SharedData.Find("memory.jsonl"), TestContext.Current.CancellationToken);
        await Server.SendAsync("POST", $"/v1/spaces/{memory.Path.Split('/')[^1]}/import?format=memory", lines, "application/x-ndjson");

        var text = (await memory.SendAsync("resources/read", """{"uri":"memory://knowledge-graph"}""")).GetProperty("result").GetProperty("contents")[0].GetProperty("text").GetString()!;

        var graph = JsonDocument.Parse(text).RootElement;
        Assert.Equal((2810, 1845), (graph.GetProperty("entities").GetArrayLength(), graph.GetProperty("relations").GetArrayLength()));
    }

    private static string[] Names(JsonElement graph) => [.. graph.GetProperty("entities").EnumerateArray().Select(entity => entity.GetProperty("name").GetString()!)];
}
