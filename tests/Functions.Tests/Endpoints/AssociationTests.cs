using System.Net;
using Cairn.Functions.Tests.Serving;

namespace Cairn.Functions.Tests.Endpoints;

public sealed class AssociationTests : ServerTests
{
    [Fact]
    public async Task Put_WhenNew_CreatesAndReadsBack()
    {
        var space = await NewGraphAsync(Put("a"), Put("b"));

        var put = await Server.PutAsync($"{space}/associations/a/knows/b", """{"attributes":{"since":2020},"strength":0.5,"validFrom":"2020-01-01T00:00:00Z"}""");

        put.Require(HttpStatusCode.Created);
        Assert.Equal($"{space}/associations/a/knows/b", put.Headers["Location"]);
        var reply = (await Server.GetAsync($"{space}/associations/a/knows/b")).Require(HttpStatusCode.OK);
        Assert.Equal(put.Headers["ETag"], reply.Headers["ETag"]);
        Assert.Equal(
            ["source", "type", "target", "key", "attributes", "strength", "confidence", "validFrom", "validTo", "version", "createdAt", "updatedAt", "reinforcedAt"],
            reply.Json.EnumerateObject().Select(member => member.Name));
        Assert.Equal(("a", "knows", "b", ""), (reply.Member("source"), reply.Member("type"), reply.Member("target"), reply.Member("key")));
        Assert.Equal("""{"since":2020}""", reply["attributes"].GetRawText());
        Assert.Equal("2020-01-01T00:00:00Z", reply.Member("validFrom"));
    }

    [Fact]
    public async Task Key_WhenGiven_TellsParallelAssociationsApart()
    {
        var space = await NewGraphAsync(Put("a"), Put("b"));

        (await Server.PutAsync($"{space}/associations/a/knows/b", """{"strength":0.1}""")).Require(HttpStatusCode.Created);
        (await Server.PutAsync($"{space}/associations/a/knows/b?key=k%2F1", """{"key":"k/1","strength":0.2}""")).Require(HttpStatusCode.Created);

        Assert.Equal("0.1", (await Server.GetAsync($"{space}/associations/a/knows/b"))["strength"].GetRawText());
        Assert.Equal("0.2", (await Server.GetAsync($"{space}/associations/a/knows/b?key=k%2F1"))["strength"].GetRawText());
        (await Server.DeleteAsync($"{space}/associations/a/knows/b?key=k%2F1")).Require(HttpStatusCode.NoContent);
        (await Server.GetAsync($"{space}/associations/a/knows/b?key=k%2F1")).RequireProblem(404, "unknown-association");
        (await Server.GetAsync($"{space}/associations/a/knows/b")).Require(HttpStatusCode.OK);
    }

    [Fact]
    public async Task Delete_WhenItDoesNotExist_IsUnknown()
    {
        var space = await NewGraphAsync(Put("a"), Put("b"));

        (await Server.DeleteAsync($"{space}/associations/a/knows/b")).RequireProblem(404, "unknown-association");
    }

    [Fact]
    public async Task Get_WhenAnEndHasExpired_IsUnknown()
    {
        var space = await NewGraphAsync(Put("a"), Put("b", "\"expiresAt\":\"2001-01-01T00:00:00Z\""), Put("c"), Associate("a", "t", "c"));

        (await Server.GetAsync($"{space}/concepts/b")).RequireProblem(404, "unknown-concept");
        (await Server.GetAsync($"{space}/associations/a/t/b")).RequireProblem(404, "unknown-association");
        (await Server.GetAsync($"{space}/associations/a/t/c")).Require(HttpStatusCode.OK);
    }

    [Fact]
    public async Task Names_WhenEncoded_AreDecodedOnce()
    {
        var space = await NewGraphAsync(Put("a/b"), Put("a%2Fb"), Put("x"));

        (await Server.PutAsync($"{space}/associations/a%2Fb/is%20in/x", "{}")).Require(HttpStatusCode.Created);
        (await Server.PutAsync($"{space}/associations/a%252Fb/is%20in/x", """{"source":"a%2Fb","type":"is in"}""")).Require(HttpStatusCode.Created);

        Assert.Equal("a/b", (await Server.GetAsync($"{space}/associations/a%2Fb/is%20in/x")).Member("source"));
        Assert.Equal("a%2Fb", (await Server.GetAsync($"{space}/associations/a%252Fb/is%20in/x")).Member("source"));
    }
}
