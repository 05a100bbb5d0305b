using System.Threading.Channels;
using Cairn.Primitives;
using Cairn.Reconciliation;
using Cairn.Storage;
using Cairn.Storage.Lookups;

namespace Cairn.Functions.Lookups;

/// <summary>
/// Looks after the index: connects to it when the process begins, since the first read of an instance should not wait for that; and drops the documents of spaces that were deleted: of one at once, and now and then those of all lives that no space has any more, which a process that ended too soon left: ten
/// minutes after the process begins and every day, and when it is asked to. One loop.
/// </summary>
internal sealed partial class LookupsUpkeep : IAsyncDisposable
{
    private const int MaxWaiting = 1_000;

    // Sweeping lists all spaces: not while an instance has just begun.
    private static readonly TimeSpan FirstSweep = TimeSpan.FromMinutes(10), SweepInterval = TimeSpan.FromDays(1);

    private readonly ILookupsIndex _index;
    private readonly SpaceCatalog _catalog;
    private readonly ILogger _logger;
    private readonly CancellationTokenSource _stop = new();
    private readonly ITimer _timer;

    // What does not fit is found by the next sweep. Null asks for one.
    private readonly Channel<SpaceRecord?> _ended = Channel.CreateBounded<SpaceRecord?>(new BoundedChannelOptions(MaxWaiting) { FullMode = BoundedChannelFullMode.DropWrite });
    private readonly Task _loop;

    public LookupsUpkeep(ILookupsIndex index, SpaceCatalog catalog, TimeProvider time, ILogger logger)
    {
        (_index, _catalog, _logger) = (index, catalog, logger);
        _timer = time.CreateTimer(_ => _ended.Writer.TryWrite(null), null, FirstSweep, SweepInterval);
        _loop = Task.Run(RunAsync);
    }

    /// <summary>A space was deleted.</summary>
    public void Ended(SpaceRecord space) => _ended.Writer.TryWrite(space);

    /// <summary>Drops all lives that have ended.</summary>
    public Task SweepAsync(CancellationToken cancellationToken) => TryAsync(() => DropEndedAsync(cancellationToken));

    public async ValueTask DisposeAsync()
    {
        await _timer.DisposeAsync();
        await _stop.CancelAsync();
        await _loop;
        _stop.Dispose();
    }

    private async Task RunAsync()
    {
        try
        {
            await TryAsync(() => _index.FindWatermarkAsync(default, _stop.Token).AsTask());
            await foreach (var space in _ended.Reader.ReadAllAsync(_stop.Token))
            {
                await TryAsync(() => space is null ? DropEndedAsync(_stop.Token) : _index.DropAsync(space.Incarnation, _stop.Token).AsTask());
            }
        }
        catch (OperationCanceledException) when (_stop.IsCancellationRequested)
        {
        }
    }

    // In this order: a life that is known to the index has begun before, so the spaces name it unless it has ended.
    private async Task DropEndedAsync(CancellationToken cancellationToken)
    {
        var lives = await _index.ListAsync(cancellationToken);
        var alive = lives.Count == 0 ? [] : (await _catalog.ListAsync(cancellationToken)).Select(static space => space.Incarnation).ToHashSet();
        foreach (var life in lives.Where(life => !alive.Contains(life)))
        {
            await _index.DropAsync(life, cancellationToken);
        }
    }

    // The next sweep tries again. Whatever goes wrong, the loop goes on.
    private async Task TryAsync(Func<Task> run)
    {
        try
        {
            await run();
        }
        catch (Exception failure) when (failure is not OperationCanceledException)
        {
            LogFailed(_logger, failure.Message);
        }
    }

    [LoggerMessage(52, LogLevel.Warning, "the lookups index does not answer; what was left to do there is tried again within a day: {Reason}")]
    private static partial void LogFailed(ILogger logger, string reason);
}
