using System.Collections.Concurrent;
using Cairn.Functions.Problems;
using Cairn.Primitives;

namespace Cairn.Functions.Quotas;

/// <summary>Quotas as they were a moment ago, and the rates of requests in this process. Any thread.</summary>
/// <remarks>
/// Invariants: a quota is looked for again when it is older than <see cref="TimeToLive"/>, by one of the requests that find it so, and the others go on with it
/// meanwhile; tables that do not answer change nothing (a quota keeps order, it keeps nobody out); at most <see cref="MaxSpaces"/> are kept.
/// </remarks>
internal sealed partial class QuotaKeeper(QuotaRegistry? registry, TimeProvider time, ILogger logger)
{
    public static readonly TimeSpan TimeToLive = TimeSpan.FromSeconds(30);

    public const int MaxSpaces = 10_000;

    private readonly ConcurrentDictionary<SpaceName, Entry> _entries = [];

    /// <summary>The quota of a space; null: none.</summary>
    public ValueTask<SpaceQuota?> FindAsync(SpaceName space, CancellationToken cancellationToken)
    {
        if (registry is null)
        {
            return default;
        }

        if (_entries.TryGetValue(space, out var entry) && (time.GetElapsedTime(entry.LookedAt) < TimeToLive || !entry.TryBeginLook()))
        {
            return new(entry.Quota);
        }

        return LookAsync(space, entry, cancellationToken);
    }

    /// <summary>Counts a request to a space whose quota was found.</summary>
    /// <exception cref="ProblemException">throttled, naming requestsPerSecond.</exception>
    public void Admit(SpaceName space)
    {
        if (_entries.TryGetValue(space, out var entry) && entry.Rate is { } rate && rate.Take() is var wait && wait > TimeSpan.Zero)
        {
            throw new ProblemException(new Problem(ProblemKinds.Throttled, "more requests than the quota of this space gives (limit: requestsPerSecond)")
            {
                Limit = rate.PerSecond,
                RetryAfterSeconds = Math.Max(1, (int)Math.Ceiling(wait.TotalSeconds)),
            });
        }
    }

    /// <summary>It was changed in this process.</summary>
    public void Forget(SpaceName space) => _entries.TryRemove(space, out _);

    private async ValueTask<SpaceQuota?> LookAsync(SpaceName space, Entry? old, CancellationToken cancellationToken)
    {
        var lookedAt = time.GetTimestamp();
        var quota = old?.Quota;
        try
        {
            quota = await registry!.FindAsync(space, cancellationToken) is { IsNone: false } found ? found : null;
        }
        catch (CairnException failure)
        {
            LogNotFound(logger, failure.Message);
        }
        catch
        {
            old?.EndLook();
            throw;
        }

        // A rate that is as it was goes on counting.
        var rate = quota?.RequestsPerSecond is not { } perSecond ? null : old?.Rate is { } same && same.PerSecond == perSecond ? same : new RequestRate(perSecond, time);
        if (_entries.Count >= MaxSpaces)
        {
            _entries.Clear();
        }

        _entries[space] = new(quota, rate, lookedAt);
        return quota;
    }

    [LoggerMessage(32, LogLevel.Warning, "the quota of a space could not be read; it stays as it was: {Reason}")]
    private static partial void LogNotFound(ILogger logger, string reason);

    private sealed class Entry(SpaceQuota? quota, RequestRate? rate, long lookedAt)
    {
        private int _isLookedFor;

        public SpaceQuota? Quota => quota;

        public RequestRate? Rate => rate;

        public long LookedAt => lookedAt;

        public bool TryBeginLook() => Interlocked.Exchange(ref _isLookedFor, 1) == 0;

        public void EndLook() => Volatile.Write(ref _isLookedFor, 0);
    }
}
