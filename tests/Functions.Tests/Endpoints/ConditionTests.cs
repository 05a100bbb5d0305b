using System.Net;
using Cairn.Functions.Tests.Serving;

namespace Cairn.Functions.Tests.Endpoints;

/// <summary>Entity tags, and what If-Match and If-None-Match make of them.</summary>
public sealed class ConditionTests : ServerTests
{
    private string _space = "";
    private string _tag = "";

    public override async ValueTask InitializeAsync()
    {
        await base.InitializeAsync();
        _space = await NewGraphAsync(Put("b"));
        _tag = (await Server.PutAsync($"{_space}/concepts/a", "{}")).Headers["ETag"];
    }

    [Theory]
    [InlineData("{tag}", 304)]
    [InlineData("\"x-1\", W/{tag}", 304)]
    [InlineData("*", 304)]
    [InlineData("\"aaaaaaaa-1\"", 200)]
    public async Task Get_IfNoneMatch_AnswersNotModified(string header, int status)
    {
        var reply = await Server.GetAsync($"{_space}/concepts/a", ("If-None-Match", header.Replace("{tag}", _tag, StringComparison.Ordinal)));

        Assert.Equal(status, (int)reply.Status);
        Assert.Equal(_tag, reply.Headers["ETag"]);
        Assert.Equal(status == 304, reply.Bytes.Length == 0);
        Assert.NotEmpty(reply.Token);
    }

    [Fact]
    public async Task Get_IfMatchNamesAnother_Fails() =>
        (await Server.GetAsync($"{_space}/concepts/a", ("If-Match", "\"aaaaaaaa-1\""))).RequireProblem(412, "precondition-failed");

    [Theory]
    [InlineData("{tag}", 200)]
    [InlineData("*", 200)]
    [InlineData("\"aaaaaaaa-99\", {tag}", 200)]
    [InlineData("\"aaaaaaaa-99\"", 412)]
    [InlineData("W/{tag}", 412)]
    [InlineData("{tag}x", 412)]
    public async Task Put_IfMatch_RequiresTheCurrentVersion(string header, int status)
    {
        var reply = await Server.PutAsync($"{_space}/concepts/a", """{"content":"x"}""", ("If-Match", header.Replace("{tag}", _tag, StringComparison.Ordinal)));

        Assert.Equal(status, (int)reply.Status);
        if (status == 412)
        {
            Assert.Equal(("precondition-failed", "If-Match"), (reply.Problem, reply.Member("parameter")));
        }
    }

    [Fact]
    public async Task Put_IfMatchWithoutQuotes_IsInvalid() =>
        (await Server.PutAsync($"{_space}/concepts/a", "{}", ("If-Match", "abc"))).RequireProblem(400, "invalid");

    // What a client sends that lost its tag: taking it for no condition would write over the work of others.
    [Theory]
    [InlineData("PUT", "If-Match", "a")]
    [InlineData("PUT", "If-None-Match", "a")]
    [InlineData("PUT", "If-None-Match", "new")]
    [InlineData("GET", "If-Match", "a")]
    [InlineData("GET", "If-None-Match", "a")]
    public async Task Condition_WhenItNamesNothing_IsInvalid(string method, string header, string id)
    {
        foreach (var value in new[] { "", ", ," })
        {
            var reply = await RawHttp.SendAsync(Server.Address, method, $"{_space}/concepts/{id}", method == "PUT" ? "{}" : "", $"{header}: {value}\r\n");
            Assert.Equal(header, reply.RequireProblem(400, "invalid").Member("parameter"));
        }

        Assert.Equal(_tag, (await Server.GetAsync($"{_space}/concepts/a")).Headers["ETag"]);
    }

    [Fact]
    public async Task Put_IfMatchAfterAnotherWrite_Fails()
    {
        await Server.PutAsync($"{_space}/concepts/a", """{"content":"other"}""");

        (await Server.PutAsync($"{_space}/concepts/a", """{"content":"mine"}""", ("If-Match", _tag))).RequireProblem(412, "precondition-failed");
        (await Server.DeleteAsync($"{_space}/concepts/a", ("If-Match", _tag))).RequireProblem(412, "precondition-failed");
        (await Server.SendAsync("PATCH", $"{_space}/concepts/a", """{"set":{}}""", headers: ("If-Match", _tag))).RequireProblem(412, "precondition-failed");
        Assert.Equal("other", (await Server.GetAsync($"{_space}/concepts/a")).Member("content"));
    }

    [Fact]
    public async Task Put_IfMatchOnNothing_IsUnknown() =>
        (await Server.PutAsync($"{_space}/concepts/nobody", "{}", ("If-Match", _tag))).RequireProblem(404, "unknown-concept");

    [Fact]
    public async Task Put_IfNoneMatchAny_CreatesOnly()
    {
        (await Server.PutAsync($"{_space}/concepts/new", "{}", ("If-None-Match", "*"))).Require(HttpStatusCode.Created);
        (await Server.PutAsync($"{_space}/concepts/new", "{}", ("If-None-Match", "*"))).RequireProblem(412, "precondition-failed");
        (await Server.PutAsync($"{_space}/associations/a/t/b", "{}", ("If-None-Match", "*"))).Require(HttpStatusCode.Created);
        (await Server.PutAsync($"{_space}/associations/a/t/b", "{}", ("If-None-Match", "*"))).RequireProblem(412, "precondition-failed");
    }

    [Fact]
    public async Task Put_IfNoneMatchNamesTheCurrentVersion_Fails()
    {
        (await Server.PutAsync($"{_space}/concepts/a", "{}", ("If-None-Match", _tag))).RequireProblem(412, "precondition-failed");
        (await Server.PutAsync($"{_space}/concepts/a", "{}", ("If-None-Match", "\"aaaaaaaa-1\""))).Require(HttpStatusCode.OK);
    }
}
