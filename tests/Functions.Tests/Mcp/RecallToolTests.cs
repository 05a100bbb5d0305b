using System.Text.Json;
using Cairn.Functions.Tests.Serving;

namespace Cairn.Functions.Tests.Mcp;

/// <summary>What is remembered in free text, and found again.</summary>
public sealed class RecallToolTests : ServerTests
{
    private McpClient NewMemory() => new(Server, NewSpace().Split('/')[^1]);

    [Fact]
    public async Task Remember_WhenTheTextIsNew_IsFoundByItsWordsAndByWhatItIsAbout()
    {
        var memory = NewMemory();
        await memory.DoAsync("create_entities", """{"entities":[{"name":"Ada","entityType":"person","observations":["wrote the first program"]}]}""");

        var first = await memory.DoAsync("remember", """{"text":"The team decided to deploy on Fridays only.","about":["Ada","Deployment"]}""");
        var again = await memory.DoAsync("remember", """{"text":"The team decided to deploy on Fridays only."}""");

        var name = first.GetProperty("name").GetString()!;
        Assert.Matches("^memory-[0-9a-f]{16}$", name);
        Assert.Equal(("created", "known", name), (first.GetProperty("effect").GetString(), again.GetProperty("effect").GetString(), again.GetProperty("name").GetString()));
        var found = (await memory.DoAsync("recall", """{"query":"when do we deploy?"}""")).GetProperty("memories");
        Assert.Equal("""["The team decided to deploy on Fridays only."]""", found[0].GetProperty("observations").GetRawText());
        Assert.Equal("memory", found[0].GetProperty("entityType").GetString());
        var graph = await memory.DoAsync("open_nodes", $$"""{"names":["{{name}}"]}""");
        Assert.Equal(["Ada", "Deployment"], graph.GetProperty("relations").EnumerateArray().Select(static relation => relation.GetProperty("to").GetString()));
    }

    [Fact]
    public async Task Remember_WhenTheEntityIsThere_AddsToIt()
    {
        var memory = NewMemory();
        await memory.DoAsync("create_entities", """{"entities":[{"name":"Ada","entityType":"person","observations":["wrote the first program"]}]}""");

        Assert.Equal("""{"name":"Ada","effect":"updated"}""", (await memory.DoAsync("remember", """{"text":"knew Babbage","name":"Ada","entityType":"other"}""")).GetRawText());
        Assert.Equal("""{"name":"Ada","effect":"known"}""", (await memory.DoAsync("remember", """{"text":"knew Babbage","name":"Ada"}""")).GetRawText());
        Assert.Equal(
            """[{"name":"Ada","entityType":"person","observations":["wrote the first program","knew Babbage"]}]""",
            (await memory.DoAsync("open_nodes", """{"names":["Ada"]}""")).GetProperty("entities").GetRawText());
    }

    [Fact]
    public async Task Recall_WhenMuchIsFound_StaysWithinTheBudgetAndSaysWhatDidNotFit()
    {
        var memory = NewMemory();
        for (var i = 0; i < 12; i++)
        {
            await memory.DoAsync("remember", $$"""{"text":"Meeting {{i}} was about the budget of the observatory.","name":"m{{i}}","about":["m0"]}""");
        }

        var all = await memory.DoAsync("recall", """{"query":"observatory budget"}""");
        var cut = await memory.DoAsync("recall", """{"query":"observatory budget","maxTokens":150}""");
        var few = await memory.DoAsync("recall", """{"query":"observatory budget","limit":3}""");

        Assert.Equal((12, 12), (all.GetProperty("memories").GetArrayLength(), all.GetProperty("relations").GetArrayLength()));
        Assert.False(all.TryGetProperty("omitted", out _));
        Assert.InRange(cut.GetProperty("tokens").GetInt32(), 1, 150);
        Assert.Equal(12, cut.GetProperty("memories").GetArrayLength() + cut.GetProperty("omitted").GetInt32());
        Assert.InRange((cut.GetProperty("memories").GetRawText().Length + cut.GetProperty("relations").GetRawText().Length) / 4, 1, 152);
        Assert.Equal(3, few.GetProperty("memories").GetArrayLength());
    }

    [Fact]
    public async Task Recall_WhenNarrowed_FindsOnlyThatTypeAndWhatIsConnectedFirst()
    {
        var memory = NewMemory();
        await memory.DoAsync("create_entities", """
            {"entities":[{"name":"a","entityType":"note","observations":["the engine is slow"]},{"name":"b","entityType":"note","observations":["the engine is slow today"]},{"name":"c","entityType":"person","observations":["likes the engine"]}]}
            """);
        await memory.DoAsync("create_relations", """{"relations":[{"from":"c","to":"b","relationType":"wrote"}]}""");

        Assert.Equal(["a", "b"], Names(await memory.DoAsync("recall", """{"query":"engine slow","entityTypes":["note"]}""")));
        Assert.Equal(["b", "a"], Names(await memory.DoAsync("recall", """{"query":"engine slow","entityTypes":["note"],"near":["c","nobody"]}""")));
        Assert.Empty(Names(await memory.DoAsync("recall", """{"query":"telescope"}""")));
    }

    [Theory]
    [InlineData("recall", "{}", "query is missing")]
    [InlineData("recall", """{"query":"  "}""", "/query")]
    [InlineData("recall", """{"query":"x","limit":101}""", "/limit")]
    [InlineData("recall", """{"query":"x","maxTokens":0}""", "/maxTokens")]
    [InlineData("recall", """{"query":"x","entityTypes":[]}""", "/entityTypes")]
    [InlineData("recall", """{"query":"x","types":["a"]}""", "unknown member 'types'")]
    [InlineData("remember", """{"text":""}""", "/text")]
    [InlineData("remember", """{"text":"x","name":".."}""", "/name")]
    [InlineData("remember", """{"text":"x","entityType":""}""", "/entityType")]
    [InlineData("remember", """{"text":"x","about":"Ada"}""", "/about")]
    public async Task Tool_WhenItsArgumentsAreWrong_SaysWhatToMendAndChangesNothing(string tool, string arguments, string told)
    {
        var memory = NewMemory();

        Assert.Contains(told, await memory.FailAsync(tool, arguments), StringComparison.Ordinal);
        Assert.Empty((await memory.DoAsync("read_graph", "{}")).GetProperty("entities").EnumerateArray());
    }

    private static List<string> Names(JsonElement recalled) => [.. recalled.GetProperty("memories").EnumerateArray().Select(static item => item.GetProperty("name").GetString()!)];
}
