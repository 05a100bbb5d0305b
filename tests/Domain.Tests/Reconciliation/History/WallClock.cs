namespace Cairn.Domain.Tests.Reconciliation.History;

/// <summary>A clock that stands still until it is set; its timers fire when they are told to. One thread sets, any reads.</summary>
internal sealed class WallClock(DateTimeOffset begin) : TimeProvider
{
    private readonly List<OneTimer> _timers = [];
    private long _ticks = begin.UtcTicks;

    public override long TimestampFrequency => TimeSpan.TicksPerSecond;

    public override DateTimeOffset GetUtcNow() => new(Volatile.Read(ref _ticks), TimeSpan.Zero);

    public override long GetTimestamp() => Volatile.Read(ref _ticks);

    public void Move(TimeSpan span)
    {
        Interlocked.Add(ref _ticks, span.Ticks);
        OneTimer[] due;
        lock (_timers)
        {
            due = [.. _timers.Where(timer => timer.At <= GetTimestamp())];
            _timers.RemoveAll(due.Contains);
        }

        Array.ForEach(due, static timer => timer.Fire());
    }

    public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
    {
        var timer = new OneTimer(this, () => callback(state));
        timer.Change(dueTime, period);
        return timer;
    }

    private sealed class OneTimer(WallClock clock, Action fire) : ITimer
    {
        public long At { get; private set; }

        public Action Fire => fire;

        public bool Change(TimeSpan dueTime, TimeSpan period)
        {
            lock (clock._timers)
            {
                clock._timers.Remove(this);
                if (dueTime >= TimeSpan.Zero)
                {
                    At = clock.GetTimestamp() + dueTime.Ticks;
                    clock._timers.Add(this);
                }
            }

            return true;
        }

        public void Dispose() => Change(Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);

        public ValueTask DisposeAsync()
        {
            Dispose();
            return ValueTask.CompletedTask;
        }
    }
}
