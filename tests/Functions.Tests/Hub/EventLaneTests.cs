using System.Text;
using Cairn.Functions.Hub;
using Cairn.Functions.Tests.Triggers;
using Cairn.Primitives;
using Cairn.Storage;
using Microsoft.Extensions.Logging.Abstractions;

namespace Cairn.Functions.Tests.Hub;

/// <summary>What comes while a batch is on its way goes with the next, in order; and what becomes of those that wait when one fails.</summary>
public sealed class EventLaneTests : IDisposable
{
    private readonly HeldPublisher _publisher = new();
    private readonly MemoryClaims _claims = new();

    public void Dispose() => _publisher.Dispose();

    private EventLane Open() => new(3, _publisher, _claims, TimeProvider.System, NullLogger.Instance);

    private static OutgoingEvent Event(string id, int lengthBytes = 10) =>
        new(new(SpaceName.Parse("demo"), new(7), new(0)), new(0), Encoding.ASCII.GetBytes(id), Encoding.ASCII.GetBytes($$"""{"id":"{{id}}","note":"{{new string('x', lengthBytes)}}"}"""));

    [Fact]
    public async Task PublishAsync_WhileABatchIsOnItsWay_GathersForTheNext()
    {
        var lane = Open();
        var first = lane.PublishAsync(Event("a"));
        await _publisher.Begun(1);
        var others = Enumerable.Range(0, 50).Select(i => lane.PublishAsync(Event($"b{i}"))).ToArray();

        _publisher.Release();
        await first;
        Assert.All(others, each => Assert.False(each.IsCompleted));
        await _publisher.Begun(2);
        _publisher.Release();
        await Task.WhenAll(others);

        Assert.Equal([1, 50], _publisher.Batches.Select(batch => batch.Count));
        Assert.Equal(Enumerable.Range(0, 50).Select(i => $"b{i}"), _publisher.Batches[1].Select(IdOf));
    }

    [Fact]
    public async Task PublishAsync_WhenABatchFails_FailsThoseThatWaitAndNoLaterOnes()
    {
        var lane = Open();
        var first = lane.PublishAsync(Event("a"));
        await _publisher.Begun(1);
        var waiting = lane.PublishAsync(Event("b"));

        _publisher.Release(new CairnException(ErrorKind.Throttled, "busy"));

        Assert.Equal(ErrorKind.Throttled, (await Assert.ThrowsAsync<CairnException>(() => first)).Kind);
        Assert.Equal(ErrorKind.Throttled, (await Assert.ThrowsAsync<CairnException>(() => waiting)).Kind);
        var later = lane.PublishAsync(Event("c"));
        await _publisher.Begun(2);
        _publisher.Release();
        await later;
        Assert.Equal(["c"], _publisher.Batches[1].Select(IdOf));
    }

    [Fact]
    public async Task PublishAsync_WhenABatchIsFull_WritesOneClaimCheckForEachLargeEvent()
    {
        var lane = Open();
        var first = lane.PublishAsync(Event("a"));
        await _publisher.Begun(1);
        var others = Enumerable.Range(0, 100).Select(i => lane.PublishAsync(Event($"b{i}", i % 2 == 0 ? OutgoingEvent.MaxBytes : 10_000))).ToArray();
        for (var i = 0; i < 100; i++)
        {
            _publisher.Release(); // more often than there are batches
        }

        await Task.WhenAll([first, .. others]);

        Assert.True(_publisher.Batches.Count > 2);
        Assert.Equal(50, _claims.Names.Count());
        Assert.Equal(Enumerable.Range(0, 100).Select(i => $"b{i}"), _publisher.Batches.Skip(1).SelectMany(batch => batch).Select(IdOf));
    }

    private static string IdOf(string text)
    {
        using var document = System.Text.Json.JsonDocument.Parse(text);
        return (document.RootElement.TryGetProperty("commit", out var commit) ? commit : document.RootElement).GetProperty("id").GetString()!;
    }

    /// <summary>Takes batches of 100 KB, and holds each until it is told what becomes of it.</summary>
    private sealed class HeldPublisher : IEventPublisher, IDisposable
    {
        private readonly SemaphoreSlim _released = new(0);
        private readonly List<TaskCompletionSource> _begun = [.. Enumerable.Range(0, 200).Select(_ => new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously))];
        private Exception? _failure;

        public List<IReadOnlyList<string>> Batches { get; } = [];

        public Task Begun(int count) => _begun[count - 1].Task.WaitAsync(TimeSpan.FromSeconds(30));

        public void Release(Exception? failure = null)
        {
            _failure = failure;
            _released.Release();
        }

        public IEventBatch NewBatch(int partition) => new Batch();

        public void Dispose() => _released.Dispose();

        public async ValueTask PublishAsync(IEventBatch batch, CancellationToken cancellationToken)
        {
            Batches.Add(((Batch)batch).Texts);
            _begun[Batches.Count - 1].SetResult();
            await _released.WaitAsync(cancellationToken);
            if (_failure is { } failure)
            {
                throw failure;
            }
        }

        private sealed class Batch : IEventBatch
        {
            public List<string> Texts { get; } = [];

            public int Count => Texts.Count;

            public bool TryAdd(ReadOnlySpan<byte> text)
            {
                var fits = Texts.Sum(each => each.Length) + text.Length <= 100_000;
                if (fits)
                {
                    Texts.Add(Encoding.UTF8.GetString(text));
                }

                return fits;
            }
        }
    }
}
