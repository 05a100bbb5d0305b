using System.Net;
using Cairn.Functions.Tests.Serving;
using Cairn.Primitives;

namespace Cairn.Functions.Tests.Endpoints;

/// <summary>What callers are told when it is not their fault.</summary>
public sealed class FailureTests : IAsyncLifetime
{
    private readonly FailingStore _store = new();
    private TestServer? _server;

    private TestServer Server => _server!;

    public async ValueTask InitializeAsync()
    {
        _server = await TestServer.StartAsync(options => options with { Store = _store });
        (await Server.PutAsync("/v1/spaces/demo/concepts/a", "{}")).Require(HttpStatusCode.Created);
    }

    public ValueTask DisposeAsync() => Server.DisposeAsync();

    public static TheoryData<ErrorKind, int, string, bool> Failures => new()
    {
        { ErrorKind.Unavailable, 503, "unavailable", true },
        { ErrorKind.Unknown, 503, "outcome-unknown", true },
        { ErrorKind.Corrupt, 500, "corrupt", false },
        { ErrorKind.Internal, 500, "internal", false },
    };

    [Theory]
    [MemberData(nameof(Failures))]
    public async Task Write_WhenTheStoreFails_SaysHow(ErrorKind kind, int status, string problem, bool isRetried)
    {
        _store.Failure = new CairnException(kind, "the disk says no");

        var reply = (await Server.PostAsync("/v1/spaces/demo/commits", """{"id":"c1","operations":[{"op":"put","concept":{"id":"b"}}]}""")).RequireProblem(status, problem);

        Assert.Equal(isRetried, reply.Headers.ContainsKey("Retry-After"));
        Assert.Equal(kind == ErrorKind.Internal, !reply.Text.Contains("the disk says no", StringComparison.Ordinal));
        Assert.Equal(kind == ErrorKind.Unknown ? "c1" : null, reply.Member("id"));
        (await Server.GetAsync("/v1/spaces/demo/concepts/a")).Require(HttpStatusCode.OK);
    }

    [Fact]
    public async Task Write_WhenSomethingUnexpectedIsThrown_TellsNothingOfIt()
    {
        _store.Failure = new InvalidOperationException("secret detail");

        var reply = (await Server.PutAsync("/v1/spaces/demo/concepts/b", "{}")).RequireProblem(500, "internal");

        Assert.DoesNotContain("secret", reply.Text, StringComparison.Ordinal);
        Assert.DoesNotContain(" at ", reply.Member("detail"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Write_WhenTheStoreRecovers_Succeeds()
    {
        _store.Failure = new CairnException(ErrorKind.Unavailable, "disk full");
        (await Server.PutAsync("/v1/spaces/demo/concepts/b", "{}", ("Idempotency-Key", "k1"))).RequireProblem(503, "unavailable");

        _store.Failure = null;

        // A refusal before the append does not use the key up.
        var reply = (await Server.PutAsync("/v1/spaces/demo/concepts/b", "{}", ("Idempotency-Key", "k1"))).Require(HttpStatusCode.Created);
        Assert.False(reply.Headers.ContainsKey("Cairn-Replayed"));
    }

    [Theory]
    [InlineData("ingest", """{"op":"put","concept":{"id":"b"}}""")]
    [InlineData("import?format=ndjson", """{"concept":{"id":"b"}}""")]
    public async Task Stream_WhenNothingCanBeKept_IsRefused(string route, string line)
    {
        _store.Failure = new CairnException(ErrorKind.Unavailable, "disk full");

        (await Server.SendAsync("POST", $"/v1/spaces/demo/{route}", $"{line}\n{line}", "application/x-ndjson")).RequireProblem(503, "unavailable");
    }

    [Fact]
    public async Task Stats_WhenASpaceIsStopped_SayWhy()
    {
        _store.Failure = new CairnException(ErrorKind.Corrupt, "the disk says no");
        await Server.PutAsync("/v1/spaces/demo/concepts/b", "{}");

        var reply = await Server.GetAsync("/v1/spaces/demo/stats");

        Assert.Equal("degraded", reply["health"].GetProperty("status").GetString());
        Assert.Contains("stopped", reply["health"].GetProperty("reasons")[0].GetString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Write_AfterOneOfUnknownOutcome_IsToldThatNothingOfItWasKept()
    {
        _store.Failure = new CairnException(ErrorKind.Unknown, "fsync failed");
        (await Server.PutAsync("/v1/spaces/demo/concepts/b", "{}")).RequireProblem(503, "outcome-unknown");
        _store.Failure = null;

        var reply = (await Server.PutAsync("/v1/spaces/demo/concepts/c", "{}")).RequireProblem(503, "unavailable");

        Assert.Contains("takes no more writes: fsync failed", reply.Member("detail"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Write_WhenTooMuchIsPending_IsThrottled()
    {
        await using var server = await TestServer.StartAsync(options => options with { Engine = options.Engine with { MaxUnappliedOperations = 0 } });

        foreach (var (route, body, type) in new[]
        {
            ("commits", """{"operations":[]}""", "application/json"),
            ("ingest", """{"op":"put","concept":{"id":"b"}}""", "application/x-ndjson"),
            ("import?format=ndjson", """{"concept":{"id":"b"}}""", "application/x-ndjson"),
        })
        {
            var reply = (await server.SendAsync("POST", $"/v1/spaces/demo/{route}", body, type)).RequireProblem(429, "throttled");
            Assert.Equal("1", reply.Headers["Retry-After"]);
            Assert.Contains("unapplied", reply.Member("detail"), StringComparison.Ordinal);
        }

        var stats = await server.GetAsync("/v1/spaces/demo/stats");
        Assert.Equal("degraded", stats["health"].GetProperty("status").GetString());
        Assert.True(stats["log"].GetProperty("throttled").GetInt32() >= 3);
    }
}
