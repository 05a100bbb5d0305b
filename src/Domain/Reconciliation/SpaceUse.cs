namespace Cairn.Reconciliation;

/// <summary>Who uses one open space, and since when nobody does. Thread-safe; entering and leaving is one interlocked operation each.</summary>
/// <remarks>
/// Invariants: while somebody is in, it cannot be closed; once it is closed, nobody comes in any more. Both hold because closing is a step from exactly
/// "nobody is in" to a number so low that no entering makes it positive.
/// </remarks>
internal sealed class SpaceUse
{
    private const int Closed = int.MinValue / 2;

    private int _users;
    private bool _wasUsed = true;
    private long _idleSince;

    /// <summary>Bytes of memory when the space was last looked at.</summary>
    public long MemoryBytes { get; private set; }

    /// <summary>Begins a use; false: the space is being closed, and the catalog opens it again for whoever asks.</summary>
    public bool TryEnter()
    {
        if (Interlocked.Increment(ref _users) > 0)
        {
            Touch();
            return true;
        }

        Interlocked.Decrement(ref _users);
        return false;
    }

    /// <summary>Ends a use.</summary>
    public void Leave()
    {
        Touch();
        Interlocked.Decrement(ref _users);
    }

    /// <summary>Notes that the space was asked for. The next look gives it a time, so that a space may seem idle for less long than it is, never for longer.</summary>
    public void Touch()
    {
        if (!Volatile.Read(ref _wasUsed))
        {
            Volatile.Write(ref _wasUsed, true);
        }
    }

    /// <summary>Looks at the space; one thread at a time. How large it is, is asked again only after a use: nothing else makes it grow.</summary>
    /// <param name="now">A timestamp.</param>
    /// <param name="isBusy">It does something, whether anybody is in or not.</param>
    /// <param name="measure">Its bytes of memory.</param>
    /// <returns>The timestamp since which it is idle; null: it is used right now.</returns>
    public long? Look(long now, bool isBusy, Func<long> measure)
    {
        var isUsed = isBusy || Volatile.Read(ref _users) > 0;
        if (isUsed || Volatile.Read(ref _wasUsed))
        {
            Volatile.Write(ref _wasUsed, false);
            (MemoryBytes, _idleSince) = (measure(), now);
        }

        return isUsed ? null : _idleSince;
    }

    /// <summary>Closes it if nobody is in; then nobody comes in any more.</summary>
    public bool TryClose() => Interlocked.CompareExchange(ref _users, Closed, 0) == 0;
}
