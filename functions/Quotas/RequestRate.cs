namespace Cairn.Functions.Quotas;

/// <summary>
/// Requests per second, a second's worth of them at once: the generic cell rate algorithm (ITU-T I.371), whose only state is the time at which all that came
/// would have come at the even rate. Any thread.
/// </summary>
internal sealed class RequestRate(long perSecond, TimeProvider time)
{
    private readonly long _step = Math.Max(1, time.TimestampFrequency / perSecond);
    private long _evenTime = long.MinValue;

    public long PerSecond => perSecond;

    /// <summary>Takes one request.</summary>
    /// <returns>Zero: it may go on. Else how long until one may.</returns>
    public TimeSpan Take()
    {
        while (true)
        {
            var (now, even) = (time.GetTimestamp(), Volatile.Read(ref _evenTime));
            var next = Math.Max(now, even) + _step;
            var early = next - now - time.TimestampFrequency;
            if (early > 0)
            {
                return TimeSpan.FromSeconds((double)early / time.TimestampFrequency);
            }

            if (Interlocked.CompareExchange(ref _evenTime, next, even) == even)
            {
                return TimeSpan.Zero;
            }
        }
    }
}
