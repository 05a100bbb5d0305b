using System.Net;
using Cairn.Functions.Hosting;
using Cairn.Functions.Tests.Serving;

namespace Cairn.Functions.Tests.Triggers;

/// <summary>Nobody but the Functions host reaches the triggers, and the host's own address gives nobody any rights.</summary>
public sealed class TriggerAccessTests
{
    private const string Message = """{"Data":{"message":"{\"space\":\"demo\",\"commit\":{\"operations\":[]}}"},"Metadata":{"Id":"1"}}""";

    public static TheoryData<string> Functions => ["ingest-queue", "ingest-events", "reconcile", "import", "sweep"];

    [Theory]
    [MemberData(nameof(Functions))]
    public async Task Trigger_WhenTheHostForwardsACaller_IsNotThere(string function)
    {
        await using var triggers = await TriggerServer.StartAsync();

        // Its mark is overwritten by the host in every request that it forwards; a caller may have sent the other header.
        var forwarded = await triggers.Server.PostAsync(
            $"/{function}", Message, ("x-ms-invocation-id", "1"), ("X-Azure-Functions-InvocationId", "1"), ("x-api-key", TriggerServer.Key));
        var plain = await triggers.Server.PostAsync($"/{function}", Message, ("x-api-key", TriggerServer.Key));

        Assert.Equal((HttpStatusCode.NotFound, HttpStatusCode.NotFound), (forwarded.Status, plain.Status));
    }

    [Theory]
    [InlineData("/Ingest-Queue")]
    [InlineData("/INGEST-QUEUE")]
    [InlineData("/ingest%2Dqueue")]
    [InlineData("/ingest%2dqueue")]
    [InlineData("/%69ngest-queue")]
    [InlineData("/ingest%252Dqueue")]
    [InlineData("/ingest-queue/")]
    [InlineData("//ingest-queue")]
    [InlineData("/./ingest-queue")]
    [InlineData("/v1/../ingest-queue")]
    [InlineData("/v1/%2e%2e/ingest-queue")]
    [InlineData("/v1/ingest-queue")]
    [InlineData("/health/ingest-queue")]
    public async Task Trigger_WhenItsNameIsWrittenOtherwise_IsRefused(string target)
    {
        await using var triggers = await TriggerServer.StartAsync();
        const string Invocation = "X-Azure-Functions-InvocationId: 1\r\n";

        var keyless = await RawHttp.SendAsync(triggers.Server.Address, "POST", target, Message, Invocation);
        var keyed = await RawHttp.SendAsync(triggers.Server.Address, "POST", target, Message, $"{Invocation}x-api-key: {TriggerServer.Key}\r\n");

        Assert.Equal(HttpStatusCode.Unauthorized, keyless.Status);
        Assert.Equal(HttpStatusCode.NotFound, keyed.Status);
        Assert.Empty(triggers.Poison.Texts);
    }

    [Theory]
    [MemberData(nameof(Functions))]
    public async Task Trigger_WhenTheProcessRunsAlone_IsNotMapped(string function)
    {
        await using var triggers = await TriggerServer.StartAsync(options => options with { IsBehindHost = false, ApiKey = null });

        (await triggers.InvokeAsync(function, Message)).RequireProblem(404, "unknown-route");
        Assert.Empty(triggers.Poison.Texts);
    }

    [Fact]
    public async Task Loopback_BehindTheHost_HasNoRights()
    {
        await using var triggers = await TriggerServer.StartAsync(options => options with { ApiKey = null });

        (await triggers.Server.GetAsync("/v1/spaces")).RequireProblem(401, "unauthenticated");
        (await triggers.Server.PutAsync("/v1/spaces/demo", "{}")).RequireProblem(401, "unauthenticated");
        (await triggers.Server.GetAsync("/health")).Require(HttpStatusCode.OK);
        Assert.False(triggers.Server.Service.CreatesSpaces);
    }

    [Fact]
    public async Task Trigger_WhenTheProcessStops_LeavesTheMessageToAnother()
    {
        await using var triggers = await TriggerServer.StartAsync();
        triggers.Server.Service.Stop();

        (await triggers.InvokeAsync("sweep", "{}")).RequireProblem(503, "unavailable");
    }

    [Fact]
    public void Port_WhenTheHostGivesOne_IsListenedOn()
    {
        static string? Variable(string name) => name switch
        {
            "FUNCTIONS_CUSTOMHANDLER_PORT" => "4711",
            "WEBSITE_HOSTNAME" => "mine.azurewebsites.net",
            "CAIRN_URLS" => "http://0.0.0.0:1",
            _ => null,
        };
        var options = Settings.Read("http://0.0.0.0:2", null, Variable);

        Assert.Equal(["http://127.0.0.1:4711"], options.Urls);
        Assert.True(options.IsBehindHost);
        Assert.Equal(["mine.azurewebsites.net"], options.AllowedHosts);
    }
}
