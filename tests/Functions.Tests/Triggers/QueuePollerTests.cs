using Cairn.Domain.Tests;
using Cairn.Domain.Tests.Storage;
using Cairn.Functions.Triggers;
using Cairn.Storage;
using Microsoft.Extensions.Logging.Abstractions;

namespace Cairn.Functions.Tests.Triggers;

/// <summary>The queue of a process without a Functions host, by a clock that the test moves.</summary>
public sealed class QueuePollerTests
{
    private static readonly TimeSpan Step = TimeSpan.FromMilliseconds(50);

    private readonly ManualTime _time = new();
    private readonly MemoryMessageQueue _queue;

    public QueuePollerTests() => _queue = new(_time);

    private static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    private QueuePoller Start(Func<HeldMessage, Task<Verdict>> take) => new("test", _queue, take, _time, NullLogger.Instance);

    private ValueTask SendAsync(string text) => _queue.SendAsync(text, TimeSpan.Zero, Cancelled);

    // The clock stands still while the poller works, and moves on while it waits.
    private async Task UntilAsync(Func<bool> holds, TimeSpan? step = null)
    {
        for (var tries = 0; !holds(); tries++)
        {
            Assert.True(tries < 20_000, "it never came to that");
            _time.Advance(step ?? Step);
            await Task.Delay(1, Cancelled);
        }
    }

    [Fact]
    public async Task Message_WhenItWasTaken_IsDeleted()
    {
        await using var poller = Start(message => Task.FromResult(message.Text == "poison" ? Verdict.Poisoned : Verdict.Applied));
        await SendAsync("one");
        await SendAsync("poison");

        await UntilAsync(() => _queue.Texts.Count == 0);
    }

    [Fact]
    public async Task Message_WhenItMustComeAgain_ComesAgainLaterEachTime()
    {
        var at = new List<DateTimeOffset>();
        await using var poller = Start(message =>
        {
            at.Add(_time.GetUtcNow());
            return Task.FromResult(message.DeliveryCount < 4 ? Verdict.Later : Verdict.Applied);
        });
        await SendAsync("one");

        await UntilAsync(() => _queue.Texts.Count == 0);

        Assert.Equal(4, at.Count);
        Assert.True(at[3] - at[2] >= TimeSpan.FromSeconds(4), $"{at[3] - at[2]}");
        Assert.True(at[2] - at[1] >= TimeSpan.FromSeconds(2), $"{at[2] - at[1]}");
    }

    [Fact]
    public async Task Message_WhileItIsWorkedOn_IsHeldHoweverLongThatTakes()
    {
        var (begun, end) = (0, new TaskCompletionSource<Verdict>());
        await using var poller = Start(_ =>
        {
            Interlocked.Increment(ref begun);
            return end.Task;
        });
        await SendAsync("one");
        await UntilAsync(() => begun > 0);
        for (var until = _time.GetUtcNow() + TimeSpan.FromMinutes(3); _time.GetUtcNow() <= until;)
        {
            // For the next message, and for this one's renewal: else a slow machine would miss that.
            while (_time.Waiting < 2)
            {
                await Task.Delay(1, Cancelled);
            }

            _time.Advance(TimeSpan.FromSeconds(1));
        }

        Assert.Equal(1, begun);

        end.SetResult(Verdict.Applied);
        await UntilAsync(() => _queue.Texts.Count == 0);
    }

    [Fact]
    public async Task Queue_WhileNothingComes_IsAskedLessAndLessOften()
    {
        await using var poller = Start(_ => Task.FromResult(Verdict.Applied));
        var warm = _time.GetUtcNow() + TimeSpan.FromMinutes(5);
        await UntilAsync(() => _time.GetUtcNow() > warm, TimeSpan.FromSeconds(5));
        var before = _queue.Receives;
        var until = _time.GetUtcNow() + TimeSpan.FromMinutes(30);
        await UntilAsync(() => _time.GetUtcNow() > until, TimeSpan.FromSeconds(5));

        Assert.InRange(_queue.Receives - before, 1, 61);
    }

    [Fact]
    public async Task Queue_WhenItDoesNotAnswer_IsAskedAgain()
    {
        _queue.Failure = new InvalidOperationException("no answer");
        await using var poller = Start(_ => Task.FromResult(Verdict.Applied));
        var until = _time.GetUtcNow() + TimeSpan.FromSeconds(1);
        await UntilAsync(() => _time.GetUtcNow() > until);
        _queue.Failure = null;
        await SendAsync("one");

        await UntilAsync(() => _queue.Texts.Count == 0);
    }

    [Fact]
    public async Task Message_WhenItCannotBeHeldOn_IsWorkedOnToItsEndAllTheSame()
    {
        var (begun, end) = (0, new TaskCompletionSource<Verdict>());
        var poller = Start(_ =>
        {
            Interlocked.Increment(ref begun);
            return end.Task;
        });
        await SendAsync("one");
        await UntilAsync(() => begun > 0);
        await UntilAsync(() => _time.Waiting == 2, TimeSpan.Zero);
        _queue.Failure = new InvalidOperationException("no answer");
        _time.Advance(TimeSpan.FromSeconds(11));

        // For the next message, and for this one's next renewal.
        await UntilAsync(() => _time.Waiting == 2, TimeSpan.Zero);
        _queue.Failure = null;
        var disposing = poller.DisposeAsync().AsTask();
        Assert.False(disposing.IsCompleted);
        end.SetResult(Verdict.Applied);
        await disposing;

        Assert.Empty(_queue.Texts);
    }

    [Fact]
    public async Task DisposeAsync_WhileAMessageIsWorkedOn_WaitsForItsEnd()
    {
        var (begun, end) = (0, new TaskCompletionSource<Verdict>());
        var poller = Start(_ =>
        {
            Interlocked.Increment(ref begun);
            return end.Task;
        });
        await SendAsync("one");
        await UntilAsync(() => begun > 0);

        var disposing = poller.DisposeAsync().AsTask();
        Assert.False(disposing.IsCompleted);
        end.SetResult(Verdict.Applied);
        await disposing;

        Assert.Empty(_queue.Texts);
    }
}
