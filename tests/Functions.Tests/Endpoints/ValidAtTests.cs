using System.Net;
using System.Text.Json;
using Cairn.Functions.Tests.Serving;

namespace Cairn.Functions.Tests.Endpoints;

/// <summary>Reads of a memory as it was true at a moment of the world.</summary>
public sealed class ValidAtTests : ServerTests
{
    private const string Before = "validAt=1999-12-31T23:59:59.999999Z", From = "validAt=2000-01-01T00:00:00Z",
        Last = "validAt=2009-12-31T23:59:59.999999Z", To = "validAt=2010-01-01T00:00:00Z";

    private string _space = "";

    public override async ValueTask InitializeAsync()
    {
        await base.InitializeAsync();
        _space = await NewGraphAsync(
            Put("always"),
            Put("other"),
            Put("office", """ "labels":["place"],"validFrom":"2000-01-01T00:00:00Z","validTo":"2010-01-01T00:00:00Z" """),
            Put("founded", """ "validFrom":"2000-01-01T00:00:00Z" """),
            Associate("always", "at", "office"),
            Associate("always", "knows", "other", """ "validFrom":"2000-01-01T00:00:00Z","validTo":"2010-01-01T00:00:00Z" """),
            Associate("always", "knows", "nobody"));
    }

    [Theory]
    [InlineData(Before, "always other")]
    [InlineData(From, "always founded office other")]
    [InlineData(Last, "always founded office other")]
    [InlineData(To, "always founded other")]
    [InlineData("validAt=2005-06-01T02:00:00%2B02:00", "always founded office other")]
    [InlineData("", "always founded office other")]
    public async Task Concepts_WhenListed_AreThoseThatWereValid(string at, string expected) =>
        Assert.Equal(expected, Join(await ListAsync($"concepts?fields=id&{at}"), item => item.GetProperty("id")));

    [Theory]
    [InlineData(Before, "nobody")]
    [InlineData(From, "office nobody other")]
    [InlineData(To, "nobody")]
    [InlineData("", "office nobody other")]
    public async Task Associations_WhenListed_AreThoseThatWereValidWithBothEnds(string at, string expected) =>
        Assert.Equal(expected, Join(await ListAsync($"associations?{at}"), item => item.GetProperty("target")));

    [Theory]
    [InlineData(Before, "nobody")]
    [InlineData(Last, "office nobody other")]
    [InlineData(To, "nobody")]
    public async Task Neighbors_WhenAsked_AreThoseThatWereValid(string at, string expected) =>
        Assert.Equal(expected, Join(await ListAsync($"concepts/always/neighbors?{at}"), item => item.GetProperty("concept").GetProperty("id")));

    [Theory]
    [InlineData("concepts/office", "unknown-concept")]
    [InlineData("concepts/office/neighbors", "unknown-concept")]
    [InlineData("associations/always/at/office", "unknown-association")]
    [InlineData("associations/always/knows/other", "unknown-association")]
    public async Task OneThing_WhenItWasNotValid_IsUnknownAndSaysWhy(string path, string kind)
    {
        (await Server.GetAsync($"{_space}/{path}?{From}")).Require(HttpStatusCode.OK);
        (await Server.GetAsync($"{_space}/{path}?{Last}")).Require(HttpStatusCode.OK);

        foreach (var at in new[] { Before, To })
        {
            var reply = (await Server.GetAsync($"{_space}/{path}?{at}")).RequireProblem(404, kind);
            Assert.Contains("validAt", reply.Member("detail"), StringComparison.Ordinal);
        }
    }

    [Fact]
    public async Task OneThing_WhenItIsNotThere_IsUnknownWithoutAWordOfTime() => Assert.DoesNotContain(
        "validAt", (await Server.GetAsync($"{_space}/concepts/nothing?{From}")).RequireProblem(404, "unknown-concept").Member("detail"), StringComparison.Ordinal);

    [Fact]
    public async Task ETag_WhenItWasValid_IsThatOfTheVersion()
    {
        var tag = (await Server.GetAsync($"{_space}/concepts/office")).Headers["ETag"];

        Assert.Equal(tag, (await Server.GetAsync($"{_space}/concepts/office?{From}")).Headers["ETag"]);
        (await Server.GetAsync($"{_space}/concepts/office?{From}", ("If-None-Match", tag))).Require(HttpStatusCode.NotModified);
        (await Server.GetAsync($"{_space}/concepts/office?{To}", ("If-None-Match", tag))).RequireProblem(404, "unknown-concept");
    }

    [Fact]
    public async Task Get_WhenSomeWereNotValid_CallsThemMissing()
    {
        var reply = (await Server.PostAsync($"{_space}/get?{To}", """{"ids":["always","office","founded"]}""")).Require(HttpStatusCode.OK);

        Assert.Equal("always founded", Join(reply["items"], item => item.GetProperty("id")));
        Assert.Equal("office", Join(reply["missing"], item => item));
    }

    [Theory]
    [InlineData("shortest")]
    [InlineData("strongest")]
    public async Task Paths_WhenAnAssociationWasNotValid_DoNotFollowIt(string mode)
    {
        var body = $$"""{"from":"other","to":"nobody","mode":"{{mode}}"}""";

        Assert.Single((await Server.PostAsync($"{_space}/paths?{From}", body)).Require(HttpStatusCode.OK)["paths"].EnumerateArray());
        Assert.Empty((await Server.PostAsync($"{_space}/paths?{To}", body)).Require(HttpStatusCode.OK)["paths"].EnumerateArray());
    }

    [Fact]
    public async Task Paths_WhenAnEndWasNotValid_NameIt()
    {
        var reply = (await Server.PostAsync($"{_space}/paths?{To}", """{"from":"other","to":"office"}""")).RequireProblem(404, "unknown-concept");

        Assert.Equal("/to", reply.Member("pointer"));
        Assert.Contains("validAt", reply.Member("detail"), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(Before, "ndjson", 2, 1, 1)]
    [InlineData(From, "ndjson", 4, 3, 1)]
    [InlineData(To, "memory", 3, 1, 0)]
    [InlineData(From, "memory", 4, 3, 0)]
    public async Task Export_WhenAsked_HasWhatWasValid(string at, string format, int concepts, int associations, int implied)
    {
        var lines = (await Server.GetAsync($"{_space}/export?format={format}&{at}")).Require(HttpStatusCode.OK).Lines;

        int Count(string member, string type) =>
            lines.Count(line => line.TryGetProperty(member, out _) || (line.TryGetProperty("type", out var kind) && kind.GetString() == type));
        Assert.Equal((concepts, associations, implied), (Count("concept", "entity"), Count("association", "relation"), Count("implied", "")));
    }

    [Theory]
    [InlineData("concepts?limit=1", true)]
    [InlineData("associations?limit=1", true)]
    [InlineData("concepts/always/neighbors?limit=1", true)]
    [InlineData("concepts?limit=1", false)]
    public async Task Cursor_WhenOfAnotherTime_IsRefused(string list, bool other)
    {
        var cursor = (await ListRawAsync($"{list}&{From}"))["cursor"].GetString();

        (await Server.GetAsync($"{_space}/{list}&{From}&cursor={cursor}")).Require(HttpStatusCode.OK);
        (await Server.GetAsync($"{_space}/{list}&validAt=2000-01-01T01:00:00%2B01:00&cursor={cursor}")).Require(HttpStatusCode.OK);
        (await Server.GetAsync($"{_space}/{list}&cursor={cursor}{(other ? "&" + Last : "")}")).RequireProblem(400, "wrong-cursor");
    }

    [Theory]
    [InlineData("")]
    [InlineData("now")]
    [InlineData("2005")]
    [InlineData("2005-01-01")]
    [InlineData("2005-01-01T00:00:00")]
    [InlineData("2005-01-01T00:00:00+01:00")]
    [InlineData("2005-02-30T00:00:00Z")]
    [InlineData("2005-01-01T24:00:00Z")]
    [InlineData("2005-01-01T00:00:00Z%00")]
    [InlineData("99999-01-01T00:00:00Z")]
    public async Task ValidAt_WhenItIsNoInstant_IsRefusedByName(string at)
    {
        foreach (var path in new[] { "concepts", "associations", "concepts/always", "concepts/always/neighbors", "associations/always/at/office", "export" })
        {
            Assert.Equal("validAt", (await Server.GetAsync($"{_space}/{path}?validAt={at}")).RequireProblem(400, "invalid").Member("parameter"));
        }

        Assert.Equal("validAt", (await Server.PostAsync($"{_space}/get?validAt={at}", """{"ids":[]}""")).RequireProblem(400, "invalid").Member("parameter"));
    }

    [Theory]
    [InlineData("stats")]
    [InlineData("commits/x")]
    [InlineData("")]
    public async Task ValidAt_WhereThereIsNoWorldTime_IsUnknown(string path) =>
        (await Server.GetAsync($"{_space}/{path}".TrimEnd('/') + "?" + From)).RequireProblem(400, "unknown-member");

    private async Task<JsonElement> ListAsync(string query) => (await ListRawAsync(query))["items"];

    private async Task<Reply> ListRawAsync(string query) => (await Server.GetAsync($"{_space}/{query}")).Require(HttpStatusCode.OK);

    private static string Join(JsonElement items, Func<JsonElement, JsonElement> name) => string.Join(' ', items.EnumerateArray().Select(item => name(item).GetString()));
}
