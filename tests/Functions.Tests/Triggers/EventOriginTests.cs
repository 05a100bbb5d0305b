using System.Net;
using Cairn.Functions.Hosting;
using Cairn.Functions.Tests.Serving;
using Cairn.Infra.Tests.EventHubs;
using Cairn.Primitives;

namespace Cairn.Functions.Tests.Triggers;

/// <summary>Events of a hub whose life is known: what was applied is known by its place in the hub, however late it comes again.</summary>
public sealed class EventOriginTests
{
    private static readonly TimeSpan LongAgo = TimeSpan.FromDays(3);

    private static string Put(string id) => $$$"""{"space":"one","commit":{"operations":[{"op":"put","concept":{"id":"{{{id}}}"},"onExists":"fail"}]}}""";

    private static string Payload(long first, DateTimeOffset enqueuedAt, params string[] events) =>
        HubPayload.Of("3", [.. events.Select((text, i) => new StoredEvent(first + i, text, enqueuedAt))]);

    private static async Task<TriggerServer> StartAsync(string? life, FailingStore? store = null)
    {
        var triggers = await TriggerServer.StartAsync(options => options with
        {
            Store = store ?? new FailingStore(),
            HubLife = HubSettings.ReadLife(name => name == HubSettings.LifeSetting ? life : null),
        });
        await triggers.NewSpaceAsync("one");
        return triggers;
    }

    private static async Task<string?> TakeAsync(TriggerServer triggers, string payload) =>
        (await triggers.InvokeAsync("ingest-events", payload)).Require(HttpStatusCode.OK)["Logs"][0].GetString();

    [Fact]
    public async Task Events_WhenTheyWaitedForDays_AreAppliedOnce()
    {
        await using var triggers = await StartAsync("a");
        var payload = Payload(7, DateTimeOffset.UtcNow - LongAgo, Put("a"), Put("b"));

        Assert.Equal("2 events: 2 applied", await TakeAsync(triggers, payload));
        Assert.Equal("2 events: 2 duplicate", await TakeAsync(triggers, payload));
        Assert.Empty(triggers.Poison.Texts);
    }

    /// <summary>Published twice: the second place is noted too, else it would be new once the id is forgotten.</summary>
    [Fact]
    public async Task Event_WhenItsCommitIsKnownById_IsADuplicateWhosePlaceIsNoted()
    {
        await using var triggers = await StartAsync("a");
        var text = Put("a").Replace("{\"operations\"", "{\"id\":\"mine\",\"operations\"", StringComparison.Ordinal);
        await TakeAsync(triggers, Payload(7, DateTimeOffset.UtcNow, text));

        Assert.Equal("1 events: 1 duplicate", await TakeAsync(triggers, Payload(8, DateTimeOffset.UtcNow, text)));

        var space = Assert.Single(triggers.Server.Service.Catalog.Open);
        Assert.Equal(8, space.FindOrigin(HubSettings.ReadLife(_ => "a")!.Value, 3)!.Value.Origin.SequenceNumber);
        Assert.Single((await triggers.GetAsync("/v1/spaces/one/changes?since=0"))["items"].EnumerateArray());
    }

    [Fact]
    public async Task Events_WhenTheLifeIsNotKnown_AreTooOldToBeKnownAgain()
    {
        await using var triggers = await StartAsync(null);

        Assert.Equal("1 events: 1 poisoned", await TakeAsync(triggers, Payload(7, DateTimeOffset.UtcNow - LongAgo, Put("a"))));
    }

    [Fact]
    public async Task Events_WhenTheHubWasMadeAnewAndNobodySaidSo_AreRefusedAndNotTakenForOldOnes()
    {
        await using var triggers = await StartAsync("a");
        await TakeAsync(triggers, Payload(7, DateTimeOffset.UtcNow, Put("a")));

        (await triggers.InvokeAsync("ingest-events", Payload(0, DateTimeOffset.UtcNow.AddMinutes(6), Put("b")))).RequireProblem(503, "unavailable");

        Assert.Equal("1 events: 1 applied", await TakeAsync(triggers, Payload(8, DateTimeOffset.UtcNow, Put("b"))));
    }

    [Fact]
    public async Task Events_WhenTheHubHasAnotherLife_BeginAnew()
    {
        var store = new FailingStore();
        await using (var first = await StartAsync("a", store))
        {
            await TakeAsync(first, Payload(7, DateTimeOffset.UtcNow, Put("a")));
        }

        await using var second = await TriggerServer.StartAsync(options => options with { Store = store, HubLife = HubSettings.ReadLife(_ => "b") });
        Assert.Equal("1 events: 1 applied", await TakeAsync(second, Payload(0, DateTimeOffset.UtcNow, Put("b"))));
    }

    [Fact]
    public async Task Batch_WhenTheFirstMustComeAgain_AppliesNothingBehindIt()
    {
        var store = new FailingStore();
        await using var triggers = await StartAsync("a", store);
        store.Failure = new CairnException(ErrorKind.Unavailable, "no answer");
        var payload = Payload(7, DateTimeOffset.UtcNow, [.. Enumerable.Range(0, 50).Select(i => Put($"c{i}"))]);
        (await triggers.InvokeAsync("ingest-events", payload)).RequireProblem(503, "unavailable");
        store.Failure = null;

        Assert.Equal("50 events: 50 applied", await TakeAsync(triggers, payload));
        Assert.Equal("50 events: 50 duplicate", await TakeAsync(triggers, payload));
    }
}
