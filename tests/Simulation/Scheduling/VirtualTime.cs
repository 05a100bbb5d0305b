namespace Cairn.Simulation.Scheduling;

/// <summary>The clock of one simulated process: the time of the simulation, off by what its wall clock is wrong.</summary>
internal sealed class VirtualTime(Scheduler scheduler, SimulatedProcess? process, TimeSpan off) : TimeProvider
{
    /// <summary>How far the wall clock is ahead; it may be set at any time.</summary>
    public TimeSpan Off { get; set; } = off;

    public override long TimestampFrequency => TimeSpan.TicksPerSecond;

    public override long GetTimestamp() => scheduler.Now.Ticks;

    public override DateTimeOffset GetUtcNow() => scheduler.Now + Off;

    public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
    {
        var timer = new VirtualTimer(scheduler, process, callback, state);
        timer.Change(dueTime, period);
        return timer;
    }
}

/// <summary>A timer that fires when the simulation moves its time. One that missed several periods fires once.</summary>
internal sealed class VirtualTimer(Scheduler scheduler, SimulatedProcess? process, TimerCallback callback, object? state) : ITimer
{
    private TimeSpan _period;

    public SimulatedProcess? Process => process;

    public DateTimeOffset Due { get; private set; }

    public bool Change(TimeSpan dueTime, TimeSpan period)
    {
        _period = period;
        scheduler.Remove(this);
        if (dueTime != Timeout.InfiniteTimeSpan)
        {
            Due = scheduler.Now + dueTime;
            scheduler.Add(this);
        }

        return true;
    }

    /// <summary>Its time has come.</summary>
    public void Fire()
    {
        if (_period > TimeSpan.Zero)
        {
            Due = scheduler.Now + _period;
            scheduler.Add(this);
        }

        ThreadPool.UnsafeQueueUserWorkItem(static timer => timer.Call(), this, preferLocal: false);
    }

    public void Dispose() => scheduler.Remove(this);

    public ValueTask DisposeAsync()
    {
        Dispose();
        return ValueTask.CompletedTask;
    }

    private void Call() => callback(state);
}
