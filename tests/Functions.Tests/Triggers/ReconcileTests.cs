using System.Net;
using Cairn.Functions.Tests.Serving;
using Cairn.Reconciliation;
using Cairn.Reconciliation.Checkpoints;

namespace Cairn.Functions.Tests.Triggers;

/// <summary>Checkpoints that a process asks for, since it may stand still before it writes them itself.</summary>
public sealed class ReconcileTests : IAsyncLifetime
{
    // The space's own loop waits for an interval that never passes.
    private static readonly CheckpointOptions Slow = CheckpointOptions.Default with { TailOperations = 10, Interval = TimeSpan.FromDays(1) };

    private TriggerServer _triggers = null!;

    public async ValueTask InitializeAsync()
    {
        _triggers = await TriggerServer.StartAsync(options => options with { Engine = EngineOptions.Default with { Checkpoints = Slow } });
        await _triggers.NewSpaceAsync();
    }

    public ValueTask DisposeAsync() => _triggers.DisposeAsync();

    private async Task WriteAsync(int count)
    {
        var operations = string.Join(",", Enumerable.Range(0, count).Select(i => $$$"""{"op":"put","concept":{"id":"{{{i}}}"}}"""));
        (await _triggers.Server.PostAsync("/v1/spaces/demo/commits", $$"""{"operations":[{{operations}}]}""", ("x-api-key", TriggerServer.Key))).Require(HttpStatusCode.OK);
    }

    private async Task<int> CheckpointsAsync() => (await _triggers.GetAsync("/v1/spaces/demo/stats"))["reconciler"].GetProperty("checkpoints").GetInt32();

    private async Task<string?> ReconcileAsync(string text = """{"space":"demo"}""") =>
        (await _triggers.InvokeAsync("reconcile", text, Guid.NewGuid().ToString())).Require(HttpStatusCode.OK).Member("ReturnValue");

    [Fact]
    public async Task Write_WhenACheckpointIsDue_AsksOnceForIt()
    {
        await WriteAsync(9);
        await CheckpointsAsync();
        Assert.Empty(_triggers.Reconcile.Texts);

        await WriteAsync(9);
        await WriteAsync(9);
        await CheckpointsAsync();

        Assert.Equal("""{"space":"demo"}""", Assert.Single(_triggers.Reconcile.Texts));
    }

    [Fact]
    public async Task Request_WhenTheSpaceNeedsACheckpoint_WritesItAndTheNextHasNothingToDo()
    {
        await WriteAsync(20);
        Assert.Equal(0, await CheckpointsAsync());

        Assert.Equal("applied", await ReconcileAsync());
        Assert.Equal("duplicate", await ReconcileAsync());

        Assert.Equal(1, await CheckpointsAsync());
    }

    [Theory]
    [InlineData("""{"space":"other"}""")]
    [InlineData("not json")]
    [InlineData("""{"spaces":1}""")]
    public async Task Request_WhenItNamesNoSpace_IsLetGo(string text)
    {
        Assert.NotNull(await ReconcileAsync(text));
        Assert.Equal(0, await CheckpointsAsync());
    }

    [Fact]
    public async Task Sweep_WhenASpaceNeedsACheckpoint_WritesIt()
    {
        await WriteAsync(20);

        (await _triggers.InvokeAsync("sweep", "{}")).Require(HttpStatusCode.OK);

        Assert.Equal(1, await CheckpointsAsync());
    }
}
