using Cairn.Primitives;
using Cairn.Reconciliation;
using Cairn.Simulation.Running;
using Cairn.Simulation.Scheduling;
using Cairn.Simulation.Stores;

namespace Cairn.Simulation;

/// <summary>One process of the service: spaces of its own over the common storage, with a clock of its own. Once dead it does nothing any more.</summary>
internal sealed class SimulatedProcess
{
    private readonly Scheduler _scheduler;
    private readonly RunPlan _plan;
    private readonly Random _ids;
    private long _stalledUntil;

    public SimulatedProcess(int number, RunPlan plan, Scheduler scheduler, SimulatedStore store, Action<Exception> fail, TimeSpan clockOff, bool isHolder)
    {
        Checkpoints = plan.Engine.Checkpoints.IsOn && (isHolder || !plan.HasOneHolder);
        (Number, _plan, _scheduler) = (number, plan, scheduler);
        _ids = new(scheduler.Random.Next());
        Time = new(scheduler, this, clockOff);
        var services = new EngineServices(Time, NewId, new ProcessObserver(this, scheduler.Trace, fail));
        Catalog = new(new GatedSpaceStore(store, this), plan.EngineOf(isHolder), _ => services);
    }

    /// <summary>Counts all processes of a run.</summary>
    public int Number { get; }

    public VirtualTime Time { get; }

    public SpaceCatalog Catalog { get; }

    /// <summary>It writes checkpoints.</summary>
    public bool Checkpoints { get; }

    public bool IsDead { get; private set; }

    /// <summary>Its clients shall come to an end.</summary>
    public bool IsClosing { get; set; }

    /// <summary>It has a space that takes no more writes.</summary>
    public bool NeedsRestart { get; set; }

    public bool IsStalled => _scheduler.Steps < _stalledUntil;

    /// <summary>Stands still for so many steps of the others.</summary>
    public void Stall(int steps) => _stalledUntil = _scheduler.Steps + steps;

    /// <summary>Dies. What it asked of the storage may still happen.</summary>
    public void Kill(bool? happens)
    {
        _scheduler.Trace.Add($"p{Number} dies");
        IsDead = true;
        _scheduler.Kill(this, canComeLate: !_plan.Limits.IsSoleWriter && happens is null, happens);
    }

    /// <summary>Makes a storage call, which waits for the scheduler; some of those that change nothing are answered at once.</summary>
    public ValueTask<T> CallAsync<T>(CallKind kind, string name, Func<T> effect, Action<double>? tear = null)
    {
        if (kind == CallKind.Read && _scheduler.Chance(_plan.ReadsAtOnce))
        {
            return AtOnce(name, effect);
        }

        var call = new StorageCall<T>(this, kind, $"p{Number} {name}", effect) { Tear = tear };
        _scheduler.Park(call);
        return new(call.Task);
    }

    /// <summary>Something of it that belongs to the run.</summary>
    public void Note(string what) => _scheduler.Trace.Add($"p{Number} {what}");

    /// <summary>Before bytes of an open blob are read.</summary>
    public void RequireDisk(string name)
    {
        if (_scheduler.Chance(_scheduler.Faults.DiskFails))
        {
            _scheduler.Trace.Add($"p{Number} disk fails at {name}");
            throw new CairnException(ErrorKind.Unavailable, "simulated: the disk fails");
        }
    }

    private ValueTask<T> AtOnce<T>(string name, Func<T> effect)
    {
        _scheduler.Trace.Add($"p{Number} {name}: at once");
        try
        {
            return new(effect());
        }
        catch (CairnException failure)
        {
            return ValueTask.FromException<T>(failure);
        }
    }

    private UInt128 NewId() => new((ulong)_ids.NextInt64(), (ulong)_ids.NextInt64());
}
