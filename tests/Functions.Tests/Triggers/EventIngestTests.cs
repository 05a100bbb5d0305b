using System.Net;
using System.Text.Json;
using Cairn.Functions.Tests.Serving;
using Cairn.Infra.Tests.EventHubs;
using Cairn.Primitives;

namespace Cairn.Functions.Tests.Triggers;

/// <summary>Batches of an event hub as the host posts them.</summary>
public sealed class EventIngestTests : IAsyncLifetime
{
    private readonly FailingStore _store = new();
    private TriggerServer _triggers = null!;

    public async ValueTask InitializeAsync()
    {
        _triggers = await TriggerServer.StartAsync(options => options with { Store = _store });
        await _triggers.NewSpaceAsync("one");
        await _triggers.NewSpaceAsync("two");
    }

    public ValueTask DisposeAsync() => _triggers.DisposeAsync();

    private static string Event(string space, string operation) => $$$"""{"space":"{{{space}}}","commit":{"operations":[{{{operation}}}]}}""";

    private static string Put(string space, string id, int n) =>
        Event(space, $$$"""{"op":"put","concept":{"id":"{{{id}}}","attributes":{"n":{{{n}}} } } }""");

    private static string Payload(long first, string[] events, DateTimeOffset enqueuedAt, string partition = "3") =>
        HubPayload.Of(partition, [.. events.Select((text, i) => new StoredEvent(first + i, text, enqueuedAt))]);

    private async Task<string?> TakeAsync(string payload) =>
        (await _triggers.InvokeAsync("ingest-events", payload)).Require(HttpStatusCode.OK)["Logs"][0].GetString();

    private async Task<long> WrittenAsync(string space) => (await _triggers.GetAsync($"/v1/spaces/{space}/stats"))["log"].GetProperty("written").GetInt64();

    private static DateTimeOffset Recently { get; } = DateTimeOffset.UtcNow.AddMinutes(-1);

    [Fact]
    public async Task Batch_WhenItHoldsSeveralSpaces_IsAppliedInTheOrderOfThePartition()
    {
        var events = Enumerable.Range(0, 60).Select(i => Put(i % 3 == 0 ? "two" : "one", "a", i)).ToArray();

        Assert.Equal("60 events: 60 applied", await TakeAsync(Payload(100, events, Recently)));

        Assert.Equal(59, (await _triggers.GetAsync("/v1/spaces/one/concepts/a"))["attributes"].GetProperty("n").GetInt32());
        Assert.Equal(57, (await _triggers.GetAsync("/v1/spaces/two/concepts/a"))["attributes"].GetProperty("n").GetInt32());
    }

    [Fact]
    public async Task Batch_WhenItComesAgain_ChangesNothing()
    {
        var events = new[] { Put("one", "a", 1), Put("one", "a", 2) };
        await TakeAsync(Payload(100, events, Recently));
        var version = (await _triggers.GetAsync("/v1/spaces/one/concepts/a")).Member("version");

        Assert.Equal("2 events: 2 duplicate", await TakeAsync(Payload(100, events, Recently)));
        Assert.Equal("3 events: 2 duplicate, 1 applied", await TakeAsync(Payload(100, [.. events, Put("one", "b", 3)], Recently)));

        Assert.Equal(version, (await _triggers.GetAsync("/v1/spaces/one/concepts/a")).Member("version"));
    }

    [Fact]
    public async Task Event_WhenOnlyItsPlaceDiffers_IsAnother()
    {
        string[] events = [Put("one", "a", 1)];
        await TakeAsync(Payload(100, events, Recently));

        Assert.Equal("1 events: 1 applied", await TakeAsync(Payload(101, events, Recently)));
        Assert.Equal("1 events: 1 applied", await TakeAsync(Payload(100, events, Recently, partition: "4")));
        Assert.Equal("1 events: 1 applied", await TakeAsync(Payload(100, events, DateTimeOffset.UtcNow)));
    }

    [Fact]
    public async Task Event_WhenItCannotBeACommit_IsPoisonAndTheOthersGoOn()
    {
        string[] events = [Put("one", "a", 1), "bad", Put("nowhere", "a", 1), Put("one", "b", 2)];

        Assert.Equal("4 events: 2 applied, 2 poisoned", await TakeAsync(Payload(100, events, Recently)));

        Assert.Equal(["syntax", "unknown-space"], _triggers.Poison.Texts.Select(text => JsonDocument.Parse(text).RootElement.GetProperty("reason").GetString()).Order());
        Assert.Equal(2, await WrittenAsync("one"));
    }

    [Fact]
    public async Task Batch_WhenAnAppendFails_ComesAgain()
    {
        string[] events = [Put("one", "a", 1)];
        _store.Failure = new CairnException(ErrorKind.Unavailable, "the disk is full");

        (await _triggers.InvokeAsync("ingest-events", Payload(100, events, Recently))).RequireProblem(503, "unavailable");
        _store.Failure = null;

        Assert.Equal("1 events: 1 applied", await TakeAsync(Payload(100, events, Recently)));
        Assert.Empty(_triggers.Poison.Texts);
    }
}
