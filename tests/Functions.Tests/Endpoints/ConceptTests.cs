using System.Net;
using System.Text.Json;
using Cairn.Functions.Tests.Serving;

namespace Cairn.Functions.Tests.Endpoints;

public sealed class ConceptTests : ServerTests
{
    private const string Whole = """
        {"labels":["person"],"content":"Wrote the first program.","mediaType":"text/plain",
         "attributes":{"born":1815,"fields":["mathematics"],"observations":["worked with Babbage"]},
         "strength":0.5,"confidence":0.9,"validFrom":"1815-12-10T00:00:00Z","validTo":null,"expiresAt":null}
        """;

    [Fact]
    public async Task Put_WhenNew_CreatesAndAnswersTheOutcome()
    {
        var space = NewSpace();

        var reply = await Server.PutAsync($"{space}/concepts/ada", Whole);

        reply.Require(HttpStatusCode.Created);
        Assert.Equal("committed", reply.Member("outcome"));
        Assert.Equal($"{space}/concepts/ada", reply.Headers["Location"]);
        Assert.Equal(reply.Token, reply.Member("token"));
        var result = reply["results"][0];
        Assert.Equal(("created", "ada"), (result.GetProperty("effect").GetString(), result.GetProperty("id").GetString()));
        Assert.Equal(reply["position"].GetInt64(), result.GetProperty("version").GetInt64());
        Assert.Matches($"^\"[a-z2-7]{{8}}-{reply["position"].GetInt64()}\"$", reply.Headers["ETag"]);
    }

    [Fact]
    public async Task Get_WhenPut_AnswersEveryMember()
    {
        var space = NewSpace();
        var put = await Server.PutAsync($"{space}/concepts/ada", Whole);

        var reply = (await Server.GetAsync($"{space}/concepts/ada")).Require(HttpStatusCode.OK);

        Assert.Equal(
            ["id", "labels", "content", "mediaType", "attributes", "strength", "confidence", "validFrom", "validTo", "expiresAt", "version", "createdAt", "updatedAt", "reinforcedAt"],
            reply.Json.EnumerateObject().Select(member => member.Name));
        Assert.Equal("ada", reply.Member("id"));
        Assert.Equal("""["person"]""", reply["labels"].GetRawText());
        Assert.Equal("Wrote the first program.", reply.Member("content"));
        Assert.Equal("text/plain", reply.Member("mediaType"));
        Assert.Equal("""{"born":1815,"fields":["mathematics"],"observations":["worked with Babbage"]}""", reply["attributes"].GetRawText());
        Assert.Equal(("0.5", "0.9"), (reply["strength"].GetRawText(), reply["confidence"].GetRawText()));
        Assert.Equal("1815-12-10T00:00:00Z", reply.Member("validFrom"));
        Assert.Equal(JsonValueKind.Null, reply["validTo"].ValueKind);
        Assert.Equal(put["position"].GetInt64(), reply["version"].GetInt64());
        Assert.Equal(put["position"].ToString(), reply.Headers["Cairn-Position"]);
        Assert.Equal(put.Token, reply.Token);
        Assert.Equal("0", reply.Headers["Cairn-Lag-Ms"]);
        Assert.Equal(put.Headers["ETag"], reply.Headers["ETag"]);
    }

    [Fact]
    public async Task Put_WhenItExists_ReplacesAndKeepsCreatedAt()
    {
        var space = NewSpace();
        await Server.PutAsync($"{space}/concepts/ada", Whole);
        var before = await Server.GetAsync($"{space}/concepts/ada");

        (await Server.PutAsync($"{space}/concepts/ada", """{"id":"ada","content":"x"}""")).Require(HttpStatusCode.OK);

        var after = await Server.GetAsync($"{space}/concepts/ada");
        Assert.Equal(("x", "[]", "{}"), (after.Member("content"), after["labels"].GetRawText(), after["attributes"].GetRawText()));
        Assert.Equal("1.0", after["strength"].GetRawText());
        Assert.Equal(before.Member("createdAt"), after.Member("createdAt"));
    }

    [Fact]
    public async Task Put_WhatWasRead_ChangesNothing()
    {
        var space = NewSpace();
        await Server.PutAsync($"{space}/concepts/ada", Whole);
        var read = await Server.GetAsync($"{space}/concepts/ada");

        var reply = await Server.PutAsync($"{space}/concepts/ada", read.Text);

        reply.Require(HttpStatusCode.OK);
        var again = await Server.GetAsync($"{space}/concepts/ada");
        Assert.Equal(read["attributes"].GetRawText(), again["attributes"].GetRawText());
        Assert.Equal(read["strength"].GetRawText(), again["strength"].GetRawText());
    }

    [Fact]
    public async Task Patch_WhenEachPartIsGiven_AppliesAll()
    {
        var space = NewSpace();
        await Server.PutAsync($"{space}/concepts/ada", Whole);

        var reply = await Server.SendAsync("PATCH", $"{space}/concepts/ada", """
            {"set":{"content":"new","attributes":{"died":1852}},"remove":{"validFrom":true,"attributes":["born"]},
             "add":{"labels":["author"],"attributes":{"observations":["wrote notes","worked with Babbage"]}},"removeItems":{"attributes":{"fields":["mathematics"]}}}
            """);

        reply.Require(HttpStatusCode.OK);
        var after = await Server.GetAsync($"{space}/concepts/ada");
        Assert.Equal("new", after.Member("content"));
        Assert.Equal("""["person","author"]""", after["labels"].GetRawText());
        Assert.Equal("""{"died":1852,"fields":[],"observations":["worked with Babbage","wrote notes"]}""", after["attributes"].GetRawText());
        Assert.Equal(JsonValueKind.Null, after["validFrom"].ValueKind);
        Assert.Equal("text/plain", after.Member("mediaType"));
    }

    [Theory]
    [InlineData("""{"set":{"content":"x"}}""", HttpStatusCode.NotFound)]
    [InlineData("""{"set":{"content":"x"},"onMissing":"fail"}""", HttpStatusCode.NotFound)]
    [InlineData("""{"set":{"content":"x"},"onMissing":"create"}""", HttpStatusCode.Created)]
    [InlineData("""{"set":{"content":"x"},"onMissing":"skip"}""", HttpStatusCode.OK)]
    public async Task Patch_WhenMissing_DoesAsOnMissingSays(string patch, HttpStatusCode status)
    {
        var space = await NewGraphAsync(Put("other"));

        (await Server.SendAsync("PATCH", $"{space}/concepts/ada", patch)).Require(status);

        (await Server.GetAsync($"{space}/concepts/ada")).Require(status == HttpStatusCode.Created ? HttpStatusCode.OK : HttpStatusCode.NotFound);
    }

    [Fact]
    public async Task Delete_WhenItExists_AnswersNoContentWithAToken()
    {
        var space = await NewGraphAsync(Put("ada"), Put("b"), Associate("ada", "knows", "b"));

        var reply = (await Server.DeleteAsync($"{space}/concepts/ada")).Require(HttpStatusCode.NoContent);

        Assert.NotEmpty(reply.Token);
        (await Server.GetAsync($"{space}/concepts/ada?after={reply.Token}")).RequireProblem(404, "unknown-concept");
        (await Server.GetAsync($"{space}/associations/ada/knows/b")).RequireProblem(404, "unknown-association");
        (await Server.DeleteAsync($"{space}/concepts/ada")).RequireProblem(404, "unknown-concept");
    }

    [Fact]
    public async Task Get_WhenFieldsAreNamed_AnswersOnlyThoseInTheirShape()
    {
        var space = await NewGraphAsync(Put("ada", """ "content":"c","vector":[0.5,1],"attributes":{"born":1815,"any \"name\"":1,"at":{"city":"London","zip":1} } """));

        async Task<string> Named(string fields) => (await Server.GetAsync($"{space}/concepts/ada?fields={Uri.EscapeDataString(fields)}")).Require(HttpStatusCode.OK).Text;

        Assert.Equal("""{"id":"ada","attributes":{"born":1815}}""", await Named("id,born"));
        Assert.Equal("""{"vector":[0.5,1.0]}""", await Named("vector"));
        Assert.Equal("""{"currentStrength":1.0}""", await Named("currentStrength"));
        Assert.Equal("""{"attributes":{"at":{"city":"London"}}}""", await Named("at.city"));
        Assert.Equal("""{"attributes":{"any \"name\"":1}}""", await Named("attributes.\"any \"\"name\"\"\""));
        Assert.Equal("""{"attributes":{}}""", await Named("nothing"));
        Assert.DoesNotContain("vector", (await Server.GetAsync($"{space}/concepts/ada")).Text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Get_WhenImplied_IsUnknown()
    {
        var space = await NewGraphAsync(Put("ada"), Associate("ada", "knows", "someone"));

        (await Server.GetAsync($"{space}/concepts/someone")).RequireProblem(404, "unknown-concept");
        (await Server.DeleteAsync($"{space}/concepts/someone")).RequireProblem(404, "unknown-concept");
    }

    [Fact]
    public async Task Put_WhenTheCallerWantsTheRepresentation_AnswersTheConcept()
    {
        var space = NewSpace();

        var reply = await Server.PutAsync($"{space}/concepts/ada", Whole, ("Prefer", "return=representation"));

        reply.Require(HttpStatusCode.Created);
        Assert.Equal("ada", reply.Member("id"));
        Assert.Equal("Wrote the first program.", reply.Member("content"));
        Assert.Equal("return=representation", reply.Headers["Preference-Applied"]);
        Assert.Contains($"-{reply.Member("version")}", reply.Headers["ETag"], StringComparison.Ordinal);
    }
}
