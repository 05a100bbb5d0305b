using Cairn.Infra.Blob;
using Cairn.Primitives;

namespace Cairn.Functions.Hosting;

/// <summary>
/// Looks after the storage service while the process runs: asks whether it is back while it does not answer, and finishes deletions that a process left
/// half done, at the start and then every hour. One loop; while the service answers it sends one request an hour.
/// </summary>
internal sealed partial class StorageUpkeep : IAsyncDisposable
{
    private static readonly TimeSpan LookInterval = TimeSpan.FromSeconds(5), DeletionInterval = TimeSpan.FromHours(1);

    private readonly AzureSpaceStore _store;
    private readonly TimeProvider _time;
    private readonly ILogger _logger;
    private readonly CancellationTokenSource _stop = new();
    private readonly Task _loop;
    private bool _wasMissed;

    public StorageUpkeep(AzureSpaceStore store, TimeProvider time, ILogger logger)
    {
        (_store, _time, _logger) = (store, time, logger);
        _loop = Task.Run(RunAsync);
    }

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        await _loop;
        _stop.Dispose();
    }

    private async Task RunAsync()
    {
        long? finishedAt = null;
        using var timer = new PeriodicTimer(LookInterval, _time);
        try
        {
            do
            {
                var isDue = finishedAt is null || _time.GetElapsedTime(finishedAt.Value) >= DeletionInterval;
                if ((isDue || _store.Failure is not null) && await TryAsync(_store.ConnectAsync) && isDue && await TryAsync(FinishAsync))
                {
                    finishedAt = _time.GetTimestamp();
                }
            }
            while (await timer.WaitForNextTickAsync(_stop.Token));
        }
        catch (OperationCanceledException) when (_stop.IsCancellationRequested)
        {
        }
    }

    private async Task FinishAsync(CancellationToken cancellationToken)
    {
        if (await _store.FinishDeletionsAsync(cancellationToken) is var count and > 0)
        {
            LogFinished(_logger, count);
        }
    }

    // Told when it begins and when it ends, not at each try.
    private async Task<bool> TryAsync(Func<CancellationToken, Task> run)
    {
        try
        {
            await run(_stop.Token);
            if (_wasMissed)
            {
                LogBack(_logger);
            }

            _wasMissed = false;
            return true;
        }
        catch (CairnException failure)
        {
            if (!_wasMissed)
            {
                LogMissed(_logger, failure.Message);
            }

            _wasMissed = true;
            return false;
        }
    }

    [LoggerMessage(21, LogLevel.Error, "the storage service does not answer; it is asked again every 5 seconds: {Reason}")]
    private static partial void LogMissed(ILogger logger, string reason);

    [LoggerMessage(22, LogLevel.Information, "the storage service answers again")]
    private static partial void LogBack(ILogger logger);

    [LoggerMessage(23, LogLevel.Information, "finished {Count} deletions of spaces that were left half done")]
    private static partial void LogFinished(ILogger logger, int count);
}
