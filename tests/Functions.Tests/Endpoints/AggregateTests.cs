using System.Net;
using System.Text;
using Cairn.Functions.Tests.Serving;

namespace Cairn.Functions.Tests.Endpoints;

/// <summary>Values of groups of concepts.</summary>
public sealed class AggregateTests : ServerTests
{
    private string _space = "";

    public override async ValueTask InitializeAsync()
    {
        await base.InitializeAsync();
        _space = await NewGraphAsync(
            Put("ada", """ "labels":["person"],"attributes":{"born":1815,"city":"London","list":[1]} """),
            Put("alan", """ "labels":["person"],"attributes":{"born":1912,"city":"London","home":{"zip":7}},"validTo":"2000-01-01T00:00:00Z" """),
            Put("grace", """ "labels":["person","officer"],"attributes":{"born":1906.0,"city":"New York"} """),
            Put("engine", """ "labels":["machine"],"content":"It weaves patterns.","attributes":{"born":1837,"any \"name\"":{"$datetime":"2026-01-31T12:00:00Z"}} """),
            Put("big", """ "attributes":{"born":9223372036854775807,"city":"Nowhere"} """),
            Associate("ada", "knows", "nobody"));
    }

    [Theory]
    [InlineData("""{"select":[{"fn":"count"}]}""", """[{"count":5}]""")]
    [InlineData("""{"label":"person","select":[{"fn":"sum","of":"born"},{"fn":"avg","of":"born","as":"mean"}]}""", """[{"sum_born":5633.0,"mean":1877.6666666666667}]""")]
    [InlineData("""{"label":["machine","officer"],"groupBy":["id"]}""", """[{"id":"engine"},{"id":"grace"}]""")]
    [InlineData("""{"where":"born < 2000","groupBy":["city"],"select":[{"fn":"count"},{"fn":"min","of":"born"}]}""", """[{"city":"London","count":2,"min_born":1815},{"city":"New York","count":1,"min_born":1906.0},{"city":null,"count":1,"min_born":1837}]""")]
    [InlineData("""{"groupBy":["city"],"select":[{"fn":"max","of":"born","as":"$last"}],"orderBy":"\"$last\" desc, city","limit":2}""", """[{"city":"Nowhere","$$last":9223372036854775807},{"city":"London","$$last":1912}]""")]
    [InlineData("""{"where":"FALSE","select":[{"fn":"count"},{"fn":"sum","of":"born"},{"fn":"avg","of":"born"},{"fn":"max","of":"born"}]}""", """[{"count":0,"sum_born":null,"avg_born":null,"max_born":null}]""")]
    [InlineData("""{"where":"FALSE","groupBy":["city"],"select":[{"fn":"count"}]}""", "[]")]
    [InlineData("""{"groupBy":["attributes.\"any \"\"name\"\"\"","home.zip"],"select":[{"fn":"count","of":"labels"},{"fn":"count","of":"content","as":"texts"}],"orderBy":"texts desc,home.zip"}""",
        """[{"attributes.\"any \"\"name\"\"\"":{"$datetime":"2026-01-31T12:00:00Z"},"home.zip":null,"count_labels":1,"texts":1},{"attributes.\"any \"\"name\"\"\"":null,"home.zip":7,"count_labels":1,"texts":0},{"attributes.\"any \"\"name\"\"\"":null,"home.zip":null,"count_labels":3,"texts":0}]""")]
    public async Task Rows_WhenAsked_AreThoseOfTheGroups(string request, string expected)
    {
        var reply = (await Server.PostAsync($"{_space}/aggregate", request)).Require(HttpStatusCode.OK);

        Assert.Equal("{\"rows\":" + expected + "}", reply.Text);
    }

    [Fact]
    public async Task Rows_WhenAskedForATime_AreOfWhatWasValidThen() =>
        Assert.Equal("""{"rows":[{"count":4}]}""", (await Server.PostAsync($"{_space}/aggregate?validAt=2020-01-01T00:00:00Z", """{"select":[{"fn":"count"}]}""")).Text);

    [Theory]
    [InlineData("", "syntax", null)]
    [InlineData("[]", "invalid", "")]
    [InlineData("{}", "invalid", "/select")]
    [InlineData("""{"select":[]}""", "invalid", "/select")]
    [InlineData("""{"select":[{}]}""", "invalid", "/select/0")]
    [InlineData("""{"select":[{"fn":"median","of":"born"}]}""", "invalid", "/select/0/fn")]
    [InlineData("""{"select":[{"fn":"sum"}]}""", "invalid", "/select/0")]
    [InlineData("""{"select":[{"fn":"count","on":"born"}]}""", "unknown-member", "/select/0/on")]
    [InlineData("""{"select":[{"fn":"count","as":""}]}""", "limit", "/select/0/as")]
    [InlineData("""{"select":[{"fn":"count","as":5}]}""", "invalid", "/select/0/as")]
    [InlineData("""{"select":[{"fn":"sum","of":"labels"}]}""", "invalid", "/select/0/of")]
    [InlineData("""{"select":[{"fn":"sum","of":"born +"}]}""", "syntax", "/select/0/of")]
    [InlineData("""{"select":[{"fn":"count"},{"fn":"count"}]}""", "invalid", "/select/1")]
    [InlineData("""{"select":[{"fn":"count","as":"city"}],"groupBy":["city"]}""", "invalid", "/select/0")]
    [InlineData("""{"select":{"fn":"count"}}""", "invalid", "/select")]
    [InlineData("""{"groupBy":"city"}""", "invalid", "/groupBy")]
    [InlineData("""{"groupBy":["city",1]}""", "invalid", "/groupBy/1")]
    [InlineData("""{"groupBy":["city",""]}""", "syntax", "/groupBy/1")]
    [InlineData("""{"groupBy":["city","labels"]}""", "invalid", "/groupBy/1")]
    [InlineData("""{"groupBy":["city","city"]}""", "invalid", "/groupBy/1")]
    [InlineData("""{"groupBy":["a","b","c","d","e","f","g","h","i"]}""", "limit", "/groupBy")]
    [InlineData("""{"groupBy":["list"]}""", "invalid", "/groupBy/0")]
    [InlineData("""{"groupBy":["city"],"select":[{"fn":"max","of":"home"}]}""", "invalid", "/select/0/of")]
    [InlineData("""{"groupBy":["city"],"orderBy":"born"}""", "syntax", "/orderBy")]
    [InlineData("""{"groupBy":["city"],"orderBy":""}""", "syntax", "/orderBy")]
    [InlineData("""{"groupBy":["city"],"orderBy":["city"]}""", "invalid", "/orderBy")]
    [InlineData("""{"groupBy":["city"],"orderBy":"city,city,city,city,city,city,city,city,city"}""", "limit", "/orderBy")]
    [InlineData("""{"groupBy":["city"],"limit":0}""", "limit", "/limit")]
    [InlineData("""{"groupBy":["city"],"limit":10001}""", "limit", "/limit")]
    [InlineData("""{"groupBy":["city"],"limit":1.5}""", "invalid", "/limit")]
    [InlineData("""{"groupBy":["city"],"where":"city ="}""", "syntax", "/where")]
    [InlineData("""{"groupBy":["city"],"where":null}""", "invalid", "/where")]
    [InlineData("""{"groupBy":["city"],"label":[]}""", "invalid", "/label")]
    [InlineData("""{"groupBy":["city"],"label":["a",""]}""", "invalid", "/label/1")]
    [InlineData("""{"groupBy":["city"],"label":7}""", "invalid", "/label")]
    [InlineData("""{"groupBy":["city"],"having":"count > 1"}""", "unknown-member", "/having")]
    [InlineData("""{"select":[{"fn":"sum","of":"born","as":"all"}],"where":"born > 1"}""", "ok", "")]
    [InlineData("""{"select":[{"fn":"count"},{"fn":"sum","of":"version"},{"fn":"sum","of":"strength"}]}""", "ok", "")]
    public async Task Request_WhenWrong_IsRefusedWithItsPlace(string request, string kind, string? pointer)
    {
        var reply = await Server.PostAsync($"{_space}/aggregate", request);
        if (kind == "ok")
        {
            reply.Require(HttpStatusCode.OK);
            return;
        }

        reply.RequireProblem(400, kind);
        Assert.Equal(pointer, pointer is null ? null : reply.Member("pointer"));
    }

    [Fact]
    public async Task Sum_WhenPast64Bits_NamesTheItem()
    {
        var request = """{"where":"born >= 1837 AND id <> 'grace'","select":[{"fn":"count"},{"fn":"sum","of":"born"}]}""";

        var reply = (await Server.PostAsync($"{_space}/aggregate", request)).RequireProblem(400, "limit");

        Assert.Equal("/select/1", reply.Member("pointer"));
    }

    [Fact]
    public async Task Request_WhenLong_IsRefusedWithTheLimit()
    {
        var name = new string('n', 1025);
        var where = new StringBuilder("a = 1").Insert(0, "b = 1 AND ", 100_000).ToString();
        foreach (var (request, pointer, limit) in new[]
        {
            ($$"""{"groupBy":["{{name}}"]}""", "/groupBy/0", 1024),
            ($$"""{"select":[{"fn":"min","of":"{{name}}"}]}""", "/select/0/of", 1024),
            ($$"""{"select":[{"fn":"count","as":"{{name}}"}]}""", "/select/0/as", 128),
            ($$"""{"select":[{"fn":"count"}],"where":"{{where}}"}""", "/where", 65536),
            ($$"""{"groupBy":["a"],"label":[{{string.Join(',', Enumerable.Repeat("\"x\"", 1025))}}]}""", "/label", 1024),
            ($$"""{"select":[{{string.Join(',', Enumerable.Range(0, 33).Select(i => $"{{\"fn\":\"count\",\"as\":\"c{i}\"}}"))}}]}""", "/select", 32),
        })
        {
            var reply = (await Server.PostAsync($"{_space}/aggregate", request)).RequireProblem(400, "limit");
            Assert.Equal((pointer, limit), (reply.Member("pointer"), reply["limit"].GetInt32()));
        }
    }
}
