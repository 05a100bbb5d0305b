using System.Net;
using System.Text;
using Cairn.Domain.Tests;
using Cairn.Infra.EventHubs;
using Cairn.Primitives;
using Cairn.Storage;

namespace Cairn.Infra.Tests.EventHubs;

/// <summary>The port on a stand-in that checks what the service checks, and what it makes of each refusal.</summary>
public sealed class EventHubPublisherTests : IAsyncLifetime
{
    private readonly ManualTime _time = new();
    private HubStandIn _hub = null!;

    private static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync() => _hub = await HubStandIn.StartAsync(time: _time);

    public ValueTask DisposeAsync() => _hub.DisposeAsync();

    private EventHubPublisher Open(int maxBatchBytes = EventHubOptions.DefaultMaxBatchBytes, string? connection = null) =>
        EventHubPublisher.Open(new() { ConnectionString = connection ?? _hub.ConnectionString, MaxBatchBytes = maxBatchBytes }, _time);

    private static IEventBatch Batch(EventHubPublisher publisher, int partition, params string[] texts)
    {
        var batch = publisher.NewBatch(partition);
        Assert.All(texts, text => Assert.True(batch.TryAdd(Encoding.UTF8.GetBytes(text))));
        return batch;
    }

    // Moves the clock over each pause, however long.
    private async Task PublishAsync(EventHubPublisher publisher, IEventBatch batch)
    {
        var publish = publisher.PublishAsync(batch, Cancelled).AsTask();
        while (!publish.IsCompleted)
        {
            _time.Advance(TimeSpan.FromSeconds(1));
            await Task.WhenAny(publish, Task.Delay(5, Cancelled));
        }

        await publish;
    }

    private async Task<CairnException> FailAsync(EventHubPublisher publisher, params string[] texts) =>
        await Assert.ThrowsAsync<CairnException>(() => PublishAsync(publisher, Batch(publisher, 0, texts)));

    [Fact]
    public async Task PublishAsync_WhenItReturns_TheEventsAreInTheirPartitionInOrder()
    {
        var publisher = Open();
        string[] texts = ["""{"a":"\"quoted\" \\ é 😀"}""", "\u0001\n", "x"];

        await publisher.PublishAsync(Batch(publisher, 2, texts), Cancelled);
        await publisher.PublishAsync(Batch(publisher, 2, "y"), Cancelled);

        Assert.Equal([.. texts, "y"], _hub.Read(2).Select(each => each.Text));
        Assert.Equal(4, _hub.Texts.Count);
    }

    [Fact]
    public async Task PublishAsync_WhenTheSignatureIsHalfOver_MakesANewOne()
    {
        var publisher = Open();
        for (var hour = 0; hour < 3; hour++)
        {
            await publisher.PublishAsync(Batch(publisher, 0, "x"), Cancelled);
            _time.Advance(SharedAccessToken.Life - TimeSpan.FromMinutes(1));
        }

        Assert.Equal(3, _hub.Read(0).Count);
    }

    [Fact]
    public void TryAdd_WhenTheLimitIsReached_LeavesTheEventOut()
    {
        var publisher = Open(maxBatchBytes: EventHubOptions.LeastMaxBatchBytes);
        var batch = publisher.NewBatch(0);
        var count = 0;
        while (batch.TryAdd("""{"n":"0123456789"}"""u8))
        {
            count++;
        }

        Assert.Equal(count, batch.Count);
        Assert.InRange(((HubBatch)batch).Body(0, count).Length, EventHubOptions.LeastMaxBatchBytes / 3, EventHubOptions.LeastMaxBatchBytes);
        Assert.False(publisher.NewBatch(0).TryAdd(new byte[EventHubOptions.LeastMaxBatchBytes]));
    }

    [Theory]
    [InlineData(HttpStatusCode.TooManyRequests)]
    [InlineData(HttpStatusCode.ServiceUnavailable)]
    [InlineData(HttpStatusCode.InternalServerError)]
    public async Task PublishAsync_WhenTheHubIsBusyForAWhile_TriesAgain(HttpStatusCode status)
    {
        _hub.Refuse(status, HubRequests.MaxTries - 1);
        var publisher = Open();

        await PublishAsync(publisher, Batch(publisher, 0, "x"));

        Assert.Equal(["x"], _hub.Texts);
    }

    [Theory]
    [InlineData(HttpStatusCode.TooManyRequests, ErrorKind.Throttled, null)]
    [InlineData(HttpStatusCode.ServiceUnavailable, ErrorKind.Throttled, "unavailable")]
    [InlineData(HttpStatusCode.InternalServerError, ErrorKind.Unknown, null)]
    [InlineData(HttpStatusCode.Unauthorized, ErrorKind.Unavailable, "unavailable")]
    [InlineData(HttpStatusCode.Forbidden, ErrorKind.Unavailable, "unavailable")]
    [InlineData(HttpStatusCode.Gone, ErrorKind.Unavailable, "unavailable")]
    [InlineData(HttpStatusCode.BadRequest, ErrorKind.Internal, null)]
    public async Task PublishAsync_WhenTheHubRefuses_SaysWhatToDo(HttpStatusCode status, ErrorKind kind, string? problem)
    {
        _hub.Refuse(status, HubRequests.MaxTries);

        var failure = await FailAsync(Open(), "x");

        Assert.Equal((kind, problem), (failure.Kind, failure.Problem));
        Assert.Empty(_hub.Texts);
    }

    [Fact]
    public async Task PublishAsync_WhenItIsToldToWaitForLong_TellsItsCallerInstead()
    {
        _hub.Refuse(HttpStatusCode.TooManyRequests, retryAfter: "30");

        var failure = await FailAsync(Open(), "x");

        Assert.Equal((ErrorKind.Throttled, TimeSpan.FromSeconds(30)), (failure.Kind, failure.RetryAfter));
    }

    [Fact]
    public async Task PublishAsync_WhenItIsToldToWaitALittle_DoesNotComeSooner()
    {
        _hub.Refuse(HttpStatusCode.TooManyRequests, retryAfter: "3");
        var publisher = Open();
        var began = _time.GetUtcNow();

        await PublishAsync(publisher, Batch(publisher, 0, "x"));

        Assert.InRange(_time.GetUtcNow() - began, TimeSpan.FromSeconds(3), TimeSpan.FromHours(1));
    }

    [Fact]
    public async Task PublishAsync_WhenAnAnswerIsLost_SendsItAgain()
    {
        _hub.LoseAnswer();
        var publisher = Open();

        await PublishAsync(publisher, Batch(publisher, 0, "x"));

        Assert.Equal(["x", "x"], _hub.Texts);
    }

    [Fact]
    public async Task PublishAsync_WhenItMayHaveArrivedAndIsRefusedThen_IsUnknown()
    {
        _hub.LoseAnswer();
        _hub.Refuse(HttpStatusCode.Unauthorized);

        Assert.Equal(ErrorKind.Unknown, (await FailAsync(Open(), "x")).Kind);
    }

    [Fact]
    public async Task PublishAsync_WhenNothingListens_IsUnavailable()
    {
        var failure = await FailAsync(Open(connection: "Endpoint=http://127.0.0.1:1;SharedAccessKeyName=a;SharedAccessKey=b;EntityPath=c"), "x");

        Assert.Equal((ErrorKind.Unavailable, "unavailable"), (failure.Kind, failure.Problem));
    }

    [Fact]
    public async Task PublishAsync_WhenTheHubTakesLess_SendsHalves()
    {
        _hub.MaxBytes = 300;
        var publisher = Open();
        var texts = Enumerable.Range(0, 20).Select(i => $"{i} {new string('x', 60)}").ToArray();

        await publisher.PublishAsync(Batch(publisher, 1, texts), Cancelled);

        Assert.Equal(texts, _hub.Read(1).Select(each => each.Text));
        Assert.All(_hub.Requests, request => Assert.InRange(request.Bytes, 1, 300));
    }

    [Fact]
    public async Task PublishAsync_WhenOneEventIsTooLarge_TellsWhetherOthersArePublished()
    {
        _hub.MaxBytes = 300;

        Assert.Equal((ErrorKind.Invalid, "too-large"), (await FailAsync(Open(), new string('x', 400))) is var alone ? (alone.Kind, alone.Problem) : default);
        Assert.Equal(ErrorKind.Unknown, (await FailAsync(Open(), "a", new string('x', 400))).Kind);
    }

    [Fact]
    public async Task PublishAsync_WhenItsCallerGoes_PassesTheCancellation()
    {
        using var gone = new CancellationTokenSource();
        await gone.CancelAsync();
        var publisher = Open();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(async () => await publisher.PublishAsync(Batch(publisher, 0, "x"), gone.Token));
    }
}
