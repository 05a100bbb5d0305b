using System.Net;
using Cairn.Functions.Tests.Serving;

namespace Cairn.Functions.Tests.Endpoints;

public sealed class IdempotencyTests : ServerTests
{
    private const string Commit = """{"id":"k1","operations":[{"op":"put","concept":{"content":"x"}}]}""";

    [Fact]
    public async Task Commit_WhenRepeated_GivesTheFirstAnswer()
    {
        var space = NewSpace();
        var first = await Server.PostAsync($"{space}/commits", Commit);
        await Server.PutAsync($"{space}/concepts/between", "{}");

        var second = (await Server.PostAsync($"{space}/commits", Commit)).Require(HttpStatusCode.OK);

        Assert.Equal(first.Text, second.Text);
        Assert.False(first.Headers.ContainsKey("Cairn-Replayed"));
        Assert.Equal("true", second.Headers["Cairn-Replayed"]);
    }

    [Fact]
    public async Task Commit_WhenTheKeyIsAHeader_IsTheSameAsAnId()
    {
        var space = NewSpace();
        var first = await Server.PostAsync($"{space}/commits", Commit);

        var header = await Server.PostAsync($"{space}/commits", Commit.Replace("\"id\":\"k1\",", "", StringComparison.Ordinal), ("Idempotency-Key", "k1"));
        var both = await Server.PostAsync($"{space}/commits", Commit, ("Idempotency-Key", "k1"));
        var differing = await Server.PostAsync($"{space}/commits", Commit, ("Idempotency-Key", "k2"));

        Assert.Equal((first.Text, first.Text), (header.Text, both.Text));
        Assert.Equal("/id", differing.RequireProblem(400, "invalid").Member("pointer"));
    }

    [Fact]
    public async Task Commit_WhenTheBodyIsAnother_IsReused()
    {
        var space = NewSpace();
        await Server.PostAsync($"{space}/commits", Commit);

        (await Server.PostAsync($"{space}/commits", Commit.Replace("\"x\"", "\"y\"", StringComparison.Ordinal))).RequireProblem(422, "idempotency-key-reused");
    }

    [Fact]
    public async Task Commit_WhenItWasRejected_IsRejectedAgain()
    {
        var space = NewSpace();
        const string Rejected = """{"id":"k2","operations":[{"op":"delete","id":"a"}]}""";
        var first = await Server.PostAsync($"{space}/commits", Rejected);
        await Server.PutAsync($"{space}/concepts/a", "{}");

        var second = (await Server.PostAsync($"{space}/commits", Rejected)).RequireProblem(409, "rejected");

        Assert.Equal((first.Member("reason"), first.Member("id"), first.Token), (second.Member("reason"), second.Member("id"), second.Token));
        Assert.Equal("true", second.Headers["Cairn-Replayed"]);
        (await Server.GetAsync($"{space}/concepts/a")).Require(HttpStatusCode.OK);
    }

    [Fact]
    public async Task Put_WhenRepeated_GivesTheFirstStatusAndBody()
    {
        var space = NewSpace();
        var first = (await Server.PutAsync($"{space}/concepts/a", """{"content":"x"}""", ("Idempotency-Key", "p1"))).Require(HttpStatusCode.Created);
        await Server.PutAsync($"{space}/concepts/a", """{"content":"newer"}""");

        var second = (await Server.PutAsync($"{space}/concepts/a", """{"content":"x"}""", ("Idempotency-Key", "p1"))).Require(HttpStatusCode.Created);
        var whole = await Server.PutAsync($"{space}/concepts/a", """{"content":"x"}""", ("Idempotency-Key", "p1"), ("Prefer", "return=representation"));
        var other = await Server.PutAsync($"{space}/concepts/b", """{"content":"x"}""", ("Idempotency-Key", "p1"));

        Assert.Equal((first.Text, first.Headers["ETag"], "true"), (second.Text, second.Headers["ETag"], second.Headers["Cairn-Replayed"]));
        Assert.Equal(("newer", "true"), (whole.Member("content"), whole.Headers["Cairn-Replayed"]));
        other.RequireProblem(422, "idempotency-key-reused");
    }

    [Fact]
    public async Task Put_WhenItsConditionFailed_FailsAgain()
    {
        var space = NewSpace();
        var tag = (await Server.PutAsync($"{space}/concepts/a", "{}")).Headers["ETag"];
        await Server.PutAsync($"{space}/concepts/a", """{"content":"newer"}""");

        for (var i = 0; i < 2; i++)
        {
            var reply = (await Server.PutAsync($"{space}/concepts/a", "{}", ("If-Match", tag), ("Idempotency-Key", "p2"))).RequireProblem(412, "precondition-failed");
            Assert.Equal(i == 1, reply.Headers.ContainsKey("Cairn-Replayed"));
        }
    }

    [Fact]
    public async Task Delete_WhenRepeated_SaysNoContentAgain()
    {
        var space = await NewGraphAsync(Put("a"));

        (await Server.DeleteAsync($"{space}/concepts/a", ("Idempotency-Key", "d1"))).Require(HttpStatusCode.NoContent);
        var second = (await Server.DeleteAsync($"{space}/concepts/a", ("Idempotency-Key", "d1"))).Require(HttpStatusCode.NoContent);

        Assert.Equal("true", second.Headers["Cairn-Replayed"]);
    }

    [Theory]
    [InlineData("with space")]
    [InlineData("tab\there")]
    public async Task Key_WhenNotVisible_IsInvalid(string key)
    {
        var reply = (await Server.PutAsync($"{NewSpace()}/concepts/a", "{}", ("Idempotency-Key", key))).RequireProblem(400, "invalid");

        Assert.Equal("Idempotency-Key", reply.Member("parameter"));
    }
}
