using System.Net;
using Cairn.Domain.Tests;
using Cairn.Functions.Quotas;
using Cairn.Functions.Tests.Serving;

namespace Cairn.Functions.Tests.Quotas;

/// <summary>What a space may take, and what happens when it wants more.</summary>
public sealed class QuotaTests : ServerTests
{
    [Fact]
    public async Task Quota_WhenPut_IsKeptMemberByMember()
    {
        var space = NewSpace();

        Assert.Equal("""{"concepts":null,"bytes":null,"requestsPerSecond":null}""", (await Server.GetAsync($"{space}/quota")).Require(HttpStatusCode.OK).Text);
        await Server.PutAsync($"{space}/quota", """{"concepts":5,"bytes":6}""");
        Assert.Equal("""{"concepts":null,"bytes":6,"requestsPerSecond":7}""", (await Server.PutAsync($"{space}/quota", """{"concepts":null,"requestsPerSecond":7}""")).Text);
        Assert.Equal("""{"concepts":null,"bytes":6,"requestsPerSecond":7}""", (await Server.GetAsync($"{space}/quota")).Text);
    }

    [Theory]
    [InlineData("""{"concepts":0}""", "limit")]
    [InlineData("""{"concepts":"many"}""", "invalid")]
    [InlineData("""{"requestsPerSecond":1000001}""", "limit")]
    [InlineData("""{"seats":1}""", "unknown-member")]
    [InlineData("[]", "invalid")]
    public async Task Quota_WhenTheRequestIsWrong_IsRefused(string body, string problem) =>
        (await Server.PutAsync($"{NewSpace()}/quota", body)).RequireProblem(400, problem);

    [Fact]
    public async Task Concepts_WhenTheQuotaIsUsedUp_AreRefusedAndTheRestGoesOn()
    {
        var space = await NewGraphAsync(Put("a"), Put("b"));
        await Server.PutAsync($"{space}/quota", """{"concepts":2}""");

        var refused = (await Server.PutAsync($"{space}/concepts/c", "{}")).RequireProblem(403, "quota");
        Assert.Contains("quota: concepts", refused["detail"].GetString(), StringComparison.Ordinal);
        Assert.Equal((2, 3), (refused["limit"].GetInt32(), refused["actual"].GetInt32()));
        (await Server.SendAsync("PATCH", $"{space}/concepts/c", """{"set":{"content":"x"},"onMissing":"create"}""")).RequireProblem(403, "quota");
        (await Server.PutAsync($"{space}/concepts/a", """{"content":"changed"}""")).Require(HttpStatusCode.OK);
        (await Server.PutAsync($"{space}/associations/a/knows/b", "{}")).Require(HttpStatusCode.Created);
        (await Server.DeleteAsync($"{space}/concepts/b")).Require(HttpStatusCode.NoContent);
        (await Server.PutAsync($"{space}/concepts/c", "{}")).Require(HttpStatusCode.Created);
    }

    [Fact]
    public async Task Streams_WhenTheQuotaIsUsedUp_TellItLineByLine()
    {
        var space = await NewGraphAsync(Put("a"));
        await Server.PutAsync($"{space}/quota", """{"concepts":1}""");

        var ingested = await Server.SendAsync("POST", $"{space}/ingest", Put("b") + "\n" + Put("a") + "\n", "application/x-ndjson", ("Prefer", "wait=10"));
        var imported = await Server.SendAsync("POST", $"{space}/import?format=ndjson", """{"concept":{"id":"b"}}""", "application/x-ndjson");

        Assert.Equal(1, ingested.Require(HttpStatusCode.OK)["accepted"].GetInt32());
        Assert.Equal("urn:cairn:problem:quota", ingested["rejected"][0].GetProperty("problem").GetProperty("type").GetString());
        Assert.Equal("urn:cairn:problem:quota", imported.Require(HttpStatusCode.OK)["rejected"][0].GetProperty("problem").GetProperty("type").GetString());
        Assert.Equal(1, (await Server.GetAsync($"{space}/stats"))["snapshot"].GetProperty("concepts").GetInt32());
    }

    [Fact]
    public async Task Bytes_WhenTheQuotaIsUsedUp_AreRefusedButDeletionsPass()
    {
        var space = await NewGraphAsync(Put("a", $"\"content\":\"{new string('x', 1000)}\""));
        await Server.PutAsync($"{space}/quota", """{"bytes":1000}""");

        var refused = (await Server.PutAsync($"{space}/concepts/a", "{}")).RequireProblem(403, "quota");
        Assert.Contains("quota: bytes", refused["detail"].GetString(), StringComparison.Ordinal);
        (await Server.DeleteAsync($"{space}/concepts/a")).Require(HttpStatusCode.NoContent);
    }

    [Fact]
    public async Task Repeats_WhenTheQuotaIsUsedUp_GetTheirFirstAnswer()
    {
        var space = await NewGraphAsync(Put("a"));
        await Server.PutAsync($"{space}/quota", """{"concepts":2}""");
        var key = ("Idempotency-Key", "once");
        (await Server.PutAsync($"{space}/concepts/b", "{}", key)).Require(HttpStatusCode.Created);

        Assert.Equal("true", (await Server.PutAsync($"{space}/concepts/b", "{}", key)).Require(HttpStatusCode.Created).Headers["Cairn-Replayed"]);
    }

    [Fact]
    public void Rate_WhenMoreComesThanItGives_SaysHowLongToWait()
    {
        var time = new ManualTime();
        var rate = new RequestRate(4, time);

        Assert.All(Enumerable.Range(0, 4), _ => Assert.Equal(TimeSpan.Zero, rate.Take()));
        Assert.Equal(TimeSpan.FromSeconds(0.25), rate.Take());
        time.Advance(TimeSpan.FromSeconds(0.5));
        Assert.Equal(TimeSpan.Zero, rate.Take());
        Assert.Equal(TimeSpan.Zero, rate.Take());
        Assert.NotEqual(TimeSpan.Zero, rate.Take());
        time.Advance(TimeSpan.FromHours(1));
        Assert.Equal(4, Enumerable.Range(0, 10).Count(_ => rate.Take() == TimeSpan.Zero));
    }

    [Fact]
    public async Task Requests_WhenTheyComeTooFast_AreThrottledForTheirSpaceAlone()
    {
        var (space, other) = (await NewGraphAsync(Put("a")), await NewGraphAsync(Put("a")));
        await Server.PutAsync($"{space}/quota", """{"requestsPerSecond":1}""");

        Reply reply;
        do
        {
            reply = await Server.GetAsync($"{space}/concepts/a");
        }
        while (reply.Status == HttpStatusCode.OK);

        reply.RequireProblem(429, "throttled");
        Assert.Contains("requestsPerSecond", reply["detail"].GetString(), StringComparison.Ordinal);
        Assert.Equal("1", reply.Headers["Retry-After"]);
        (await Server.GetAsync($"{other}/concepts/a")).Require(HttpStatusCode.OK);
    }
}
