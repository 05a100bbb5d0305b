using System.Net;
using Cairn.Functions.Tests.Serving;

namespace Cairn.Functions.Tests.Endpoints;

/// <summary>Which attributes of a space text search looks into: by words, and by the built-in model.</summary>
public sealed class TextAttributesTests : ServerTests
{
    [Theory]
    [InlineData("""["summary","observations","a/b"]""", """["a/b","observations","summary"]""")]
    [InlineData("[]", "[]")]
    public async Task Put_WhenSet_IsShownAndStaysUntilItIsNull(string given, string shown)
    {
        var space = NewSpace();
        var all = (await Server.PutAsync(space, """{"halfLife":"P9D"}""")).Require(HttpStatusCode.Created);
        Assert.False(all.Json.TryGetProperty("textAttributes", out _));

        Assert.Equal(shown, (await Server.PutAsync(space, $$"""{"textAttributes":{{given}}}""")).Require(HttpStatusCode.OK)["textAttributes"].GetRawText());
        var kept = (await Server.PutAsync(space, """{"halfLife":"P8D"}""")).Require(HttpStatusCode.OK);
        Assert.Equal((shown, "P8D"), (kept["textAttributes"].GetRawText(), kept.Member("halfLife")));
        Assert.Equal(kept.Text, (await Server.GetAsync(space)).Text);

        Assert.Equal(all.Text, (await Server.PutAsync(space, """{"textAttributes":null,"halfLife":"P9D"}""")).Require(HttpStatusCode.OK).Text);
    }

    /// <summary>A configuration that changes nothing is no frame.</summary>
    [Fact]
    public async Task Put_WhenTheNamesAreThoseThatThereAre_WritesNothing()
    {
        var space = NewSpace();
        var first = (await Server.PutAsync(space, """{"textAttributes":["b","a"]}""")).Require(HttpStatusCode.Created);

        var again = (await Server.PutAsync(space, """{"textAttributes":["a","b"]}""")).Require(HttpStatusCode.OK);

        Assert.Equal(first.Headers["Cairn-Position"], again.Headers["Cairn-Position"]);
    }

    [Theory]
    [InlineData("\"summary\"", "invalid", "/textAttributes")]
    [InlineData("true", "invalid", "/textAttributes")]
    [InlineData("""["a",1]""", "invalid", "/textAttributes/1")]
    [InlineData("""["a",null]""", "invalid", "/textAttributes/1")]
    [InlineData("""["a","b",""]""", "invalid", "/textAttributes/2")]
    [InlineData("""["a","b","c","a"]""", "invalid", "/textAttributes/3")]
    public async Task Put_WhenANameIsWrong_SaysWhich(string given, string kind, string pointer)
    {
        var space = NewSpace();

        Assert.Equal(pointer, (await Server.PutAsync(space, $$"""{"textAttributes":{{given}}}""")).RequireProblem(400, kind).Member("pointer"));
        (await Server.GetAsync(space)).RequireProblem(404, "unknown-space");
    }

    [Fact]
    public async Task Put_WhenPastALimit_NamesIt()
    {
        var space = NewSpace();
        var many = string.Join(',', Enumerable.Range(0, 65).Select(static i => $"\"{i}\""));
        await RequireLimitAsync(space, $"[{many}]", "/textAttributes", 64, 65);
        await RequireLimitAsync(space, $"[\"a\",\"{new string('é', 65)}\"]", "/textAttributes/1", 128, 130);
        (await Server.PutAsync(space, """{"textAttributes":["\ud800"]}""")).RequireProblem(400, "invalid");

        var most = string.Join(',', Enumerable.Range(0, 64).Select(static i => $"\"{i.ToString().PadLeft(128, 'n')}\""));
        Assert.Equal(64, (await Server.PutAsync(space, $$"""{"textAttributes":[{{most}}]}""")).Require(HttpStatusCode.Created)["textAttributes"].GetArrayLength());
    }

    [Theory]
    [InlineData("""{"text":1}""")]
    [InlineData("""{"vector":1,"text":0}""")]
    public async Task Search_WhenTheSettingChanges_FindsByWhatItNames(string weights)
    {
        var space = await NewGraphAsync(
            Put("ada", """ "content":"weaving","attributes":{"summary":"compilers and programs","observations":["analytical engines","number tables"],"secret":"lighthouse keepers"} """),
            Put("bell", """ "content":"telephones","attributes":{"summary":"switchboards"} """));
        Task<string> FindAsync(string text) => this.FindAsync(space, text, weights);
        async Task ExpectAsync(string setting, string summary, string observations, string secret)
        {
            (await Server.PutAsync(space, $$"""{"textAttributes":{{setting}}}""")).Require(HttpStatusCode.OK);
            Assert.Equal((summary, observations, secret), (await FindAsync("compilers programs"), await FindAsync("analytical engines"), await FindAsync("lighthouse keepers")));
            Assert.Equal(("ada", "bell"), (await FindAsync("weaving"), await FindAsync("bell")));
        }

        await ExpectAsync("null", "ada", "ada", "ada");
        await ExpectAsync("""["summary","observations"]""", "ada", "ada", "");
        await ExpectAsync("""["observations"]""", "", "ada", "");
        await ExpectAsync("[]", "", "", "");
        await ExpectAsync("""["secret"]""", "", "", "ada");

        (await Server.PutAsync($"{space}/concepts/carl", """{"attributes":{"secret":"lighthouse builders","summary":"magnets"}}""")).Require(HttpStatusCode.Created);
        Assert.Equal(("carl", ""), (await FindAsync("builders"), await FindAsync("magnets")));
        await ExpectAsync("null", "ada", "ada", "ada");
        Assert.Equal("carl", await FindAsync("magnets"));
    }

    [Fact]
    public async Task Search_WhenRestarted_LooksIntoTheSame()
    {
        var folder = Directory.CreateTempSubdirectory("cairn-text-attributes-");
        try
        {
            const string Space = "/v1/spaces/kept";
            string before;
            await using (var server = await TestServer.StartAsync(options => options with { DataFolder = folder.FullName }))
            {
                await server.PutAsync(Space, """{"textAttributes":["summary"]}""");
                (await server.PutAsync($"{Space}/concepts/ada", """{"attributes":{"summary":"compilers","secret":"lighthouse"}}""")).Require(HttpStatusCode.Created);
                before = (await server.GetAsync(Space)).Text;
            }

            await using var again = await TestServer.StartAsync(options => options with { DataFolder = folder.FullName });
            Assert.Equal(before, (await again.GetAsync(Space)).Text);
            Assert.Equal(["ada"], Ids((await again.PostAsync($"{Space}/search", """{"text":"compilers"}""")).Require(HttpStatusCode.OK)));
            Assert.Empty(Ids((await again.PostAsync($"{Space}/search", """{"text":"lighthouse"}""")).Require(HttpStatusCode.OK)));
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }

    private async Task<string> FindAsync(string space, string text, string weights) => string.Join(
        ' ', Ids((await Server.PostAsync($"{space}/search", $$$"""{"text":"{{{text}}}","limit":1,"fusion":{"weights":{{{weights}}}}}""")).Require(HttpStatusCode.OK)));

    private static List<string> Ids(Reply reply) => [.. reply["items"].EnumerateArray().Select(static item => item.GetProperty("concept").GetProperty("id").GetString()!)];

    private async Task RequireLimitAsync(string space, string given, string pointer, int limit, int actual)
    {
        var problem = (await Server.PutAsync(space, $$"""{"textAttributes":{{given}}}""")).RequireProblem(400, "limit");
        Assert.Equal((pointer, limit, actual), (problem.Member("pointer"), problem["limit"].GetInt32(), problem["actual"].GetInt32()));
    }
}
