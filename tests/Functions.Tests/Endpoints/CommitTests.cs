using System.Net;
using Cairn.Functions.Tests.Serving;

namespace Cairn.Functions.Tests.Endpoints;

public sealed class CommitTests : ServerTests
{
    [Fact]
    public async Task Post_WhenEveryOperationIsGiven_AnswersOneResultEach()
    {
        var space = await NewGraphAsync(Put("old"), Put("gone"), Put("a"), Put("b"), Associate("a", "t", "b"), Associate("a", "u", "b"));

        var reply = await Server.PostAsync($"{space}/commits", """
            {"meta":{"actor":"agent-7","note":"from the stand-up"},"operations":[
              {"op":"put","concept":{"id":"new"}},
              {"op":"put","concept":{"id":"old"},"onExists":"skip"},
              {"op":"patch","id":"old","set":{"content":"x"}},
              {"op":"delete","id":"gone"},
              {"op":"delete","id":"nobody","onMissing":"skip"},
              {"op":"reinforce","id":"old","amount":0.5},
              {"op":"associate","association":{"source":"new","type":"knows","target":"old","key":"k"}},
              {"op":"reinforceAssociation","source":"a","type":"t","target":"b","amount":0.1},
              {"op":"dissociate","source":"a","type":"u","target":"b"}],
             "preconditions":[{"id":"old","ifExists":true},{"id":"other","ifAbsent":true},{"source":"a","type":"t","target":"b","ifExists":true}]}
            """);

        reply.Require(HttpStatusCode.OK);
        Assert.Equal(["id", "outcome", "position", "token", "results"], reply.Json.EnumerateObject().Select(member => member.Name));
        var results = reply["results"].EnumerateArray().ToArray();
        Assert.Equal(
            ["created", "skipped", "updated", "deleted", "skipped", "updated", "created", "updated", "deleted"],
            results.Select(result => result.GetProperty("effect").GetString()));
        Assert.Equal("""{"effect":"created","source":"new","type":"knows","target":"old","key":"k","version":""" + reply["position"] + "}", results[6].GetRawText());
        Assert.Equal("""{"effect":"deleted","id":"gone"}""", results[3].GetRawText());
        Assert.False(results[4].TryGetProperty("version", out _));
    }

    [Fact]
    public async Task Post_WhenAnIdIsLeftOut_DerivesAVersion8Uuid()
    {
        var space = NewSpace();

        var reply = await Server.PostAsync($"{space}/commits", """{"id":"fixed","operations":[{"op":"put","concept":{}},{"op":"put","concept":{}}]}""");

        var ids = reply.Require(HttpStatusCode.OK)["results"].EnumerateArray().Select(result => result.GetProperty("id").GetString()!).ToArray();
        Assert.All(ids, id => Assert.Matches("^[0-9a-f]{8}-[0-9a-f]{4}-8[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$", id));
        Assert.NotEqual(ids[0], ids[1]);
        (await Server.GetAsync($"{space}/concepts/{ids[0]}")).Require(HttpStatusCode.OK);
    }

    public static TheoryData<string, string, string, int> Rejections => new()
    {
        { """{"operations":[{"op":"put","concept":{"id":"ada"},"onExists":"fail"}]}""", "exists", "operation", 0 },
        { """{"operations":[{"op":"put","concept":{"id":"x"}},{"op":"delete","id":"nobody"}]}""", "missing", "operation", 1 },
        { """{"operations":[{"op":"patch","id":"nobody","set":{}}]}""", "missing", "operation", 0 },
        { """{"operations":[{"op":"associate","association":{"source":"ada","type":"t","target":"nobody"}}]}""", "missing-endpoint", "operation", 0 },
        { """{"operations":[],"preconditions":[{"id":"ada","ifExists":true},{"id":"ada","ifVersion":1}]}""", "version", "precondition", 1 },
        { """{"operations":[],"preconditions":[{"id":"ada","ifAbsent":true}]}""", "exists", "precondition", 0 },
        { """{"operations":[],"preconditions":[{"id":"nobody","ifExists":true}]}""", "missing", "precondition", 0 },
        { """{"operations":[{"op":"put","concept":{"id":"ada","labels":["l9","l10"]},"onExists":"merge"}]}""", "limit", "operation", 0 },
    };

    [Theory]
    [MemberData(nameof(Rejections))]
    public async Task Post_WhenRejected_SaysWhichPartAndWhyAndAppliesNothing(string commit, string reason, string part, int index)
    {
        var space = await NewGraphAsync(Put("ada", "\"labels\":[" + string.Join(",", Enumerable.Range(100, 15).Select(i => $"\"l{i}\"")) + "]"));

        var reply = (await Server.PostAsync($"{space}/commits", commit)).RequireProblem(409, "rejected");

        Assert.Equal(("rejected", reason, index), (reply.Member("outcome"), reply.Member("reason"), reply[part].GetInt32()));
        Assert.NotEmpty(reply.Member("id")!);
        (await Server.GetAsync($"{space}/concepts/x?after={reply.Token}")).RequireProblem(404, "unknown-concept");
    }

    [Fact]
    public async Task Get_WhenDecided_TellsTheOutcome()
    {
        var space = NewSpace();
        var posted = await Server.PostAsync($"{space}/commits", """{"id":"c/1","operations":[{"op":"put","concept":{"id":"ada"}}]}""");

        var reply = (await Server.GetAsync($"{space}/commits/c%2F1")).Require(HttpStatusCode.OK);

        Assert.Equal(("c/1", "committed"), (reply.Member("id"), reply.Member("outcome")));
        Assert.Equal(posted["position"].GetInt64(), reply["position"].GetInt64());
        Assert.Equal(posted.Token, reply.Member("token"));
        Assert.Equal("created", reply["results"][0].GetProperty("effect").GetString());
    }

    [Fact]
    public async Task Get_WhenRejected_TellsTheReason()
    {
        var space = NewSpace();
        await Server.PostAsync($"{space}/commits", """{"id":"c1","operations":[{"op":"delete","id":"nobody"}]}""");

        var reply = (await Server.GetAsync($"{space}/commits/c1")).Require(HttpStatusCode.OK);

        Assert.Equal(("rejected", "missing", 0), (reply.Member("outcome"), reply.Member("reason"), reply["operation"].GetInt32()));
    }

    [Fact]
    public async Task Get_WhenNeverSeen_SaysHowFarWasSearched()
    {
        var space = await NewGraphAsync(Put("ada"));

        var reply = (await Server.GetAsync($"{space}/commits/never")).RequireProblem(404, "not-seen");

        Assert.Contains(reply.Headers["Cairn-Position"], reply.Member("detail"), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("wait=61")]
    [InlineData("wait=99999999999999999999")]
    public async Task Post_WhenTheCallerWaitsLong_WaitsAMinuteAtMost(string prefer)
    {
        var reply = await Server.PostAsync($"{NewSpace()}/commits", """{"operations":[]}""", ("Prefer", prefer));

        Assert.Equal("wait=60", reply.Require(HttpStatusCode.OK).Headers["Preference-Applied"]);
    }

    [Fact]
    public async Task Post_WhenTheCallerDoesNotWait_AnswersPendingAndTellsLater()
    {
        var space = NewSpace();

        var reply = await Server.PostAsync($"{space}/commits", """{"id":"later","operations":[{"op":"put","concept":{"id":"ada"}}]}""", ("Prefer", "respond-async"));

        reply.Require(HttpStatusCode.Accepted);
        Assert.Equal(["id", "outcome", "token"], reply.Json.EnumerateObject().Select(member => member.Name));
        Assert.Equal("pending", reply.Member("outcome"));
        Assert.Equal($"{space}/commits/later", reply.Headers["Location"]);
        Assert.Equal("respond-async", reply.Headers["Preference-Applied"]);
        var outcome = await Server.GetAsync($"{reply.Headers["Location"]}?after={reply.Member("token")}");
        Assert.Equal("committed", outcome.Require(HttpStatusCode.OK).Member("outcome"));
    }

    [Fact]
    public async Task Post_WhenTheCallerWaits_AnswersTheOutcome()
    {
        var space = NewSpace();

        var reply = await Server.PostAsync($"{space}/commits", """{"operations":[{"op":"put","concept":{"id":"ada"}}]}""", ("Prefer", "respond-async, wait=10"));

        Assert.Equal("committed", reply.Require(HttpStatusCode.OK).Member("outcome"));
        (await Server.GetAsync($"{space}/concepts/ada")).Require(HttpStatusCode.OK);
    }

    [Fact]
    public async Task Get_WhenItsTokenIsAhead_IsPending()
    {
        var space = await NewGraphAsync(Put("ada"));
        var name = Cairn.Primitives.SpaceName.Parse(space.Split('/')[^1]);
        var open = await Server.Service.Catalog.FindAsync(name, TestContext.Current.CancellationToken);
        var ahead = Cairn.Functions.Tokens.CommitToken.Of(name, open!.Record.Incarnation, new(open.Current.Position.Value + 1));

        var reply = await Server.GetAsync($"{space}/commits/soon?after={ahead}&wait=10");

        Assert.Equal("pending", reply.Require(HttpStatusCode.Accepted).Member("outcome"));
    }

    [Fact]
    public async Task Post_WhenMembersComeInAnyOrder_IsTheSame()
    {
        var space = NewSpace();

        var reply = await Server.PostAsync($"{space}/commits", """
            {"preconditions":[{"ifAbsent":true,"id":"ada"}],
             "operations":[{"onExists":"fail","concept":{"attributes":{"b":1},"labels":["x"],"id":"ada"},"op":"put"}],"id":"c1"}
            """);

        Assert.Equal(("c1", "ada"), (reply.Require(HttpStatusCode.OK).Member("id"), reply["results"][0].GetProperty("id").GetString()));
    }
}
