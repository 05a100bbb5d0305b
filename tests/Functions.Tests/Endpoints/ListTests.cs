using System.Net;
using System.Text.Json;
using Cairn.Functions.Tests.Serving;

namespace Cairn.Functions.Tests.Endpoints;

/// <summary>Lists of concepts and associations.</summary>
public sealed class ListTests : ServerTests
{
    private string _space = "";

    public override async ValueTask InitializeAsync()
    {
        await base.InitializeAsync();
        _space = await NewGraphAsync(
            Put("b", "\"labels\":[\"x\"]"), Put("a", "\"labels\":[\"x\",\"y\"]"), Put("c"), Put("d", "\"labels\":[\"y\"]"),
            Associate("b", "t2", "a"), Associate("b", "t1", "c"), Associate("b", "t1", "a"), Associate("a", "t1", "a"), Associate("ghost", "t1", "c"),
            """{"op":"delete","id":"d"}""");
    }

    [Theory]
    [InlineData("", "a|b|c")]
    [InlineData("label=x", "a|b")]
    [InlineData("label=x&label=y", "a|b")]
    [InlineData("label=y", "a")]
    [InlineData("label=never", "")]
    public async Task Concepts_WhenListed_ComeById(string query, string expected) =>
        Assert.Equal(expected, string.Join("|", await ItemsAsync("concepts", query, item => Text(item, "id"))));

    [Theory]
    [InlineData("", "a t1 a|b t1 a|b t1 c|b t2 a|ghost t1 c")]
    [InlineData("source=b", "b t1 a|b t1 c|b t2 a")]
    [InlineData("target=a", "a t1 a|b t1 a|b t2 a")]
    [InlineData("target=c", "b t1 c|ghost t1 c")]
    [InlineData("source=b&target=a", "b t1 a|b t2 a")]
    [InlineData("type=t2", "b t2 a")]
    [InlineData("source=b&type=t1&type=t2", "b t1 a|b t1 c|b t2 a")]
    [InlineData("source=never", "")]
    [InlineData("source=d", "")]
    [InlineData("type=never", "")]
    public async Task Associations_WhenListed_ComeInOrder(string query, string expected) =>
        Assert.Equal(expected, string.Join("|", await ItemsAsync("associations", query, Name)));

    [Theory]
    [InlineData("concepts", "label=x&label=y")]
    [InlineData("concepts", "")]
    [InlineData("associations", "")]
    [InlineData("associations", "source=b")]
    [InlineData("associations", "target=a")]
    public async Task List_WhenPaged_ComesOnceEach(string route, string query)
    {
        var whole = await ItemsAsync(route, query, item => item.GetRawText());
        for (var limit = 1; limit <= 3; limit++)
        {
            var (seen, cursor) = (new List<string>(), "");
            do
            {
                var reply = (await Server.GetAsync($"{_space}/{route}?{query}&limit={limit}{cursor}")).Require(HttpStatusCode.OK);
                var items = reply["items"].EnumerateArray().Select(item => item.GetRawText()).ToArray();
                Assert.InRange(items.Length, 0, limit);
                seen.AddRange(items);
                cursor = reply["cursor"].GetString() is { } next ? $"&cursor={next}" : "";
            }
            while (cursor.Length > 0);

            Assert.Equal(whole, seen);
        }
    }

    [Fact]
    public async Task Cursor_WhenOfAnotherQuery_IsRefused()
    {
        var cursor = (await Server.GetAsync($"{_space}/concepts?limit=1"))["cursor"].GetString();

        var reply = await Server.GetAsync($"{_space}/concepts?limit=1&label=x&cursor={cursor}");

        Assert.Equal(HttpStatusCode.BadRequest, reply.Status);
        Assert.Equal("urn:cairn:problem:wrong-cursor", reply["type"].GetString());
    }

    [Theory]
    [InlineData("concepts?limit=0")]
    [InlineData("concepts?limit=1001")]
    [InlineData("concepts?lable=x")]
    [InlineData("associations?where=born")]
    [InlineData("associations?source=%00")]
    [InlineData("associations?cursor=nonsense")]
    public async Task List_WhenAskedWrongly_IsRefused(string query) =>
        Assert.Equal(HttpStatusCode.BadRequest, (await Server.GetAsync($"{_space}/{query}")).Status);

    private async Task<string[]> ItemsAsync(string route, string query, Func<JsonElement, string> describe)
    {
        var reply = (await Server.GetAsync($"{_space}/{route}?{query}")).Require(HttpStatusCode.OK);
        return [.. reply["items"].EnumerateArray().Select(describe)];
    }

    private static string Name(JsonElement item) => $"{Text(item, "source")} {Text(item, "type")} {Text(item, "target")}";

    private static string Text(JsonElement item, string member) => item.GetProperty(member).GetString()!;
}
