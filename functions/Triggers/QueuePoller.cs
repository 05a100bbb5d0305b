using Cairn.Primitives;
using Cairn.Storage;

namespace Cairn.Functions.Triggers;

/// <summary>
/// Takes the messages of one queue, for a process without a Functions host: in batches, several of them under way, each message held for as long as it is
/// worked on. While nothing comes it asks less and less often.
/// </summary>
/// <remarks>
/// Invariants: a message is deleted after its work has ended well, never before; at most <see cref="MaxBatches"/> batches are under way; an idle queue is
/// asked once every <see cref="MaxPause"/>.
/// </remarks>
internal sealed partial class QueuePoller : IAsyncDisposable
{
    private const int MaxBatches = 4;

    /// <summary>What a process that is killed holds comes again after this.</summary>
    private static readonly TimeSpan Visibility = TimeSpan.FromSeconds(30), RenewInterval = TimeSpan.FromSeconds(10);

    private static readonly TimeSpan MinPause = TimeSpan.FromMilliseconds(100), MaxPause = TimeSpan.FromSeconds(30);

    private static readonly TimeSpan MaxBackoff = TimeSpan.FromMinutes(5);

    private readonly string _name;
    private readonly IMessageQueue _queue;
    private readonly Func<HeldMessage, Task<Verdict>> _take;
    private readonly TimeProvider _time;
    private readonly ILogger _logger;
    private readonly CancellationTokenSource _stop = new();
    private readonly SemaphoreSlim _room = new(MaxBatches);
    private readonly Task _loop;
    private bool _wasMissed;

    public QueuePoller(string name, IMessageQueue queue, Func<HeldMessage, Task<Verdict>> take, TimeProvider time, ILogger logger)
    {
        (_name, _queue, _take, _time, _logger) = (name, queue, take, time, logger);
        _loop = Task.Run(RunAsync);
    }

    /// <summary>Takes no more, and finishes what it has.</summary>
    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        await _loop;
        for (var i = 0; i < MaxBatches; i++)
        {
            await _room.WaitAsync(CancellationToken.None);
        }

        _stop.Dispose();
        _room.Dispose();
    }

    private async Task RunAsync()
    {
        try
        {
            for (var pause = MinPause; ;)
            {
                await _room.WaitAsync(_stop.Token);
                if (await TryReceiveAsync() is { Count: > 0 } messages)
                {
                    _ = WorkAsync(messages);
                    pause = MinPause;
                    continue;
                }

                _room.Release();
                await Task.Delay(pause, _time, _stop.Token);
                pause = pause * 2 < MaxPause ? pause * 2 : MaxPause;
            }
        }
        catch (OperationCanceledException) when (_stop.IsCancellationRequested)
        {
        }
    }

    // Told when it begins and when it ends, not at each try. Whatever else goes wrong, the loop goes on.
    private async Task<IReadOnlyList<HeldMessage>> TryReceiveAsync()
    {
        try
        {
            var messages = await _queue.ReceiveAsync(IMessageQueue.MaxReceived, Visibility, _stop.Token);
            if (_wasMissed)
            {
                LogBack(_logger, _name);
            }

            _wasMissed = false;
            return messages;
        }
        catch (Exception failure)
        {
            if (!_wasMissed && !_stop.IsCancellationRequested)
            {
                LogMissed(_logger, _name, failure.Message);
            }

            _wasMissed = true;
            return [];
        }
    }

    private async Task WorkAsync(IReadOnlyList<HeldMessage> messages)
    {
        try
        {
            await Task.WhenAll(messages.Select(WorkAsync));
        }
        finally
        {
            _room.Release();
        }
    }

    private async Task WorkAsync(HeldMessage message)
    {
        await Task.Yield();
        try
        {
            var work = _take(message);
            while (!await EndsAsync(work))
            {
                message = await RenewAsync(message);
            }

            if (await work == Verdict.Later)
            {
                await _queue.RenewAsync(message, Backoff(message.DeliveryCount), CancellationToken.None);
            }
            else
            {
                await _queue.DeleteAsync(message, CancellationToken.None);
            }
        }
        catch (Exception failure)
        {
            // It comes again when its visibility has run out.
            LogLeft(_logger, _name, message.Id, failure.Message);
        }
    }

    // The work goes on, and is waited for, though the message may come again meanwhile.
    private async Task<HeldMessage> RenewAsync(HeldMessage message)
    {
        try
        {
            return await _queue.RenewAsync(message, Visibility, CancellationToken.None) ?? message;
        }
        catch (Exception failure)
        {
            LogLeft(_logger, _name, message.Id, failure.Message);
            return message;
        }
    }

    private async Task<bool> EndsAsync(Task work)
    {
        try
        {
            await work.WaitAsync(RenewInterval, _time);
            return true;
        }
        catch (TimeoutException) when (!work.IsCompleted)
        {
            return false;
        }
    }

    private static TimeSpan Backoff(long deliveries)
    {
        var seconds = Math.Pow(2, Math.Min(deliveries - 1, 16));
        return TimeSpan.FromSeconds(Math.Min(seconds, MaxBackoff.TotalSeconds));
    }

    [LoggerMessage(43, LogLevel.Error, "queue {Name} cannot be read; it is asked again, at most every 30 seconds: {Reason}")]
    private static partial void LogMissed(ILogger logger, string name, string reason);

    [LoggerMessage(44, LogLevel.Information, "queue {Name} can be read again")]
    private static partial void LogBack(ILogger logger, string name);

    [LoggerMessage(45, LogLevel.Warning, "queue {Name}: message {Id} comes again: {Reason}")]
    private static partial void LogLeft(ILogger logger, string name, string id, string reason);
}
