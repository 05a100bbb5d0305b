using Cairn.Primitives;

namespace Cairn.Reconciliation.Checkpoints;

/// <summary>
/// How long to wait before something that failed is tried again, and whether anybody should hear of the failure: once, until it succeeds or fails for another reason.
/// One thread at a time.
/// </summary>
internal sealed class RetryPace
{
    /// <summary>Before the second try.</summary>
    public static readonly TimeSpan Least = TimeSpan.FromSeconds(1);

    /// <summary>At most where waiting helps: writes may have come to their limit meanwhile, and need room soon after the store is back.</summary>
    public static readonly TimeSpan MostOfStore = TimeSpan.FromSeconds(30);

    /// <summary>At most where it does not: files are damaged, or there is a bug.</summary>
    public static readonly TimeSpan Most = TimeSpan.FromMinutes(10);

    private TimeSpan _next = Least;
    private object? _last;

    /// <summary>How long to wait now.</summary>
    public TimeSpan Pause { get; private set; } = Least;

    /// <summary>It succeeded: the next failure is a new one.</summary>
    public void Succeed() => (Pause, _next, _last) = (Least, Least, null);

    /// <summary>It failed.</summary>
    /// <returns>Whether for another reason than the last time.</returns>
    public bool Fail(Exception failure)
    {
        // What a store says may name each request; what is damaged or wrong is what it says.
        var (most, reason) = failure switch
        {
            CairnException { Kind: ErrorKind.Fenced } fenced => (Least, fenced.Kind),
            CairnException { Kind: ErrorKind.Unavailable or ErrorKind.Throttled or ErrorKind.Unknown } away => (MostOfStore, away.Kind),
            _ => (Most, (object)(failure.GetType(), failure.Message)),
        };
        var isNew = !reason.Equals(_last);
        Pause = TimeSpan.FromTicks(Math.Min((isNew ? Least : _next).Ticks, most.Ticks));
        (_next, _last) = (Pause * 2, reason);
        return isNew;
    }
}
