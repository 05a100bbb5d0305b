using Cairn.Primitives;
using Cairn.Reconciliation;
using Cairn.Snapshots;
using Cairn.Storage.Lookups;

namespace Cairn.Functions.Lookups;

/// <summary>
/// Answers reads of spaces that this process does not hold from the lookups index, as long as it loads them: the first such read begins that. Where the index does not answer,
/// in time or at all, nothing is asked of it for a while, and the space is waited for as without one. Any thread.
/// </summary>
internal sealed partial class LookupsService(ILookupsIndex index, SpaceCatalog catalog, TimeProvider time, ILogger logger, bool loads)
{
    private static readonly TimeSpan TimeLimit = TimeSpan.FromSeconds(2), Pause = TimeSpan.FromSeconds(30);

    private long _pausedUntil = long.MinValue;

    /// <summary>A space that is not open here, as the index knows it; null: it must be loaded, or there is none.</summary>
    public async ValueTask<ColdSpace?> FindAsync(SpaceName name, CancellationToken cancellationToken)
    {
        if (IsPaused || await catalog.FindClosedAsync(name, cancellationToken) is not { } found)
        {
            return null;
        }

        var mark = await TryAsync(token => index.FindWatermarkAsync(found.Record.Incarnation, token), cancellationToken);
        if (mark is null or { IsDropped: true } || mark.Position == LogPosition.Zero || mark.Position < found.Left)
        {
            return null;
        }

        if (loads && !catalog.Contains(name))
        {
            _ = LoadAsync(name);
        }

        return new(found.Record, mark, index);
    }

    /// <summary>What a read needs; null: the index does not have it.</summary>
    public ValueTask<Snapshot?> FindAsync(ColdSpace space, ILookup lookup, CancellationToken cancellationToken) =>
        TryAsync(token => lookup.FindAsync(space, token), cancellationToken);

    private bool IsPaused => time.GetTimestamp() < Volatile.Read(ref _pausedUntil);

    private async ValueTask<T?> TryAsync<T>(Func<CancellationToken, ValueTask<T?>> find, CancellationToken cancellationToken)
        where T : class
    {
        using var limit = new CancellationTokenSource(TimeLimit, time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(limit.Token, cancellationToken);
        try
        {
            return await find(either.Token);
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            LogMissed(logger, "no answer in time");
        }
        catch (CairnException failure) when (failure.Kind != ErrorKind.Invalid)
        {
            // Whatever is wrong with it, the space has the answer too.
            LogMissed(logger, failure.Message);
        }

        Volatile.Write(ref _pausedUntil, time.GetTimestamp() + (long)(Pause.TotalSeconds * time.TimestampFrequency));
        return null;
    }

    // Whoever asks for more than the index has waits for the same opening, and is told what went wrong with it.
    private async Task LoadAsync(SpaceName name)
    {
        try
        {
            await catalog.FindAsync(name, CancellationToken.None);
        }
        catch (Exception failure)
        {
            LogNotLoaded(logger, name, failure.Message);
        }
    }

    [LoggerMessage(50, LogLevel.Warning, "the lookups index is not asked for 30 seconds, and spaces are loaded instead: {Reason}")]
    private static partial void LogMissed(ILogger logger, string reason);

    [LoggerMessage(51, LogLevel.Warning, "space {Space} was looked up, and could not be loaded meanwhile: {Reason}")]
    private static partial void LogNotLoaded(ILogger logger, SpaceName space, string reason);
}
