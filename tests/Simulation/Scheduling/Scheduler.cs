using Cairn.Primitives;

namespace Cairn.Simulation.Scheduling;

/// <summary>
/// Decides what happens next, by the seed alone: which of the storage calls that wait goes on and how it ends, or that time moves. Used while
/// everything else waits (<see cref="SingleWorker"/>).
/// </summary>
internal sealed class Scheduler(Random random, FaultRates faults, Trace trace)
{
    private static readonly TimeSpan LongestJump = TimeSpan.FromMinutes(90);
    private readonly List<StorageCall> _waiting = [];
    private readonly List<VirtualTimer> _timers = [];

    /// <summary>The time of the simulation.</summary>
    public DateTimeOffset Now { get; private set; } = new(2026, 1, 1, 0, 0, 0, TimeSpan.Zero);

    /// <summary>Steps taken so far.</summary>
    public long Steps { get; private set; }

    /// <summary>Storage calls made so far.</summary>
    public int Calls { get; private set; }

    /// <summary>What goes wrong, and how often; replaced when nothing shall go wrong any more.</summary>
    public FaultRates Faults { get; set; } = faults;

    /// <summary>Told of each call when it is made.</summary>
    public Action<StorageCall>? Called { get; set; }

    public Trace Trace => trace;

    public Random Random => random;

    public bool IsIdle => _waiting.Count == 0;

    /// <summary>Something happens with this probability.</summary>
    public bool Chance(double probability) => probability > 0 && random.NextDouble() < probability;

    public void Add(VirtualTimer timer) => _timers.Add(timer);

    public void Remove(VirtualTimer timer) => _timers.Remove(timer);

    public void Park(StorageCall call)
    {
        Calls++;
        _waiting.Add(call);
        Called?.Invoke(call);
    }

    /// <summary>One step: a call or the time.</summary>
    public void Step()
    {
        Steps++;
        var ready = _waiting.FindAll(static call => !call.Process.IsStalled);
        if (ready.Count > 0 && !Chance(Faults.TimePasses))
        {
            Proceed(ready[random.Next(ready.Count)]);
        }
        else if (ready.Count == 0 && _waiting.Count > 0 && Chance(0.5))
        {
            Proceed(_waiting[random.Next(_waiting.Count)]);
        }
        else
        {
            PassTime(Chance(Faults.Jump) ? Now + (LongestJump * random.NextDouble()) : DateTimeOffset.MinValue);
        }
    }

    /// <summary>Time goes on to the next timer, or to a moment behind it, and all that is due fires.</summary>
    public void PassTime(DateTimeOffset atLeast)
    {
        if (_timers.Count == 0)
        {
            return;
        }

        var next = _timers.Min(static timer => timer.Due);
        Now = new[] { Now, next, atLeast }.Max();
        trace.Add($"time {Now:O}");
        foreach (var timer in _timers.Where(timer => timer.Due <= Now).OrderBy(static timer => timer.Due).ToList())
        {
            _timers.Remove(timer);
            timer.Fire();
        }
    }

    /// <summary>A process is dead: what it asked for happens, or half of it, or not; nobody hears of it.</summary>
    /// <param name="process">Which one.</param>
    /// <param name="canComeLate">What is on its way may still arrive when others have gone on.</param>
    /// <param name="happens">Whether what waits happens; null: by chance.</param>
    public void Kill(SimulatedProcess process, bool canComeLate, bool? happens)
    {
        _timers.RemoveAll(timer => timer.Process == process);
        foreach (var call in _waiting.FindAll(call => call.Process == process && !call.IsOrphan))
        {
            call.IsOrphan = true;
            if (canComeLate && !call.HasHappened && call.Kind != CallKind.Read && Chance(0.5))
            {
                continue;
            }

            _waiting.Remove(call);
            if (!call.HasHappened && call.Kind != CallKind.Read)
            {
                EndInCrash(call, happens);
            }
        }
    }

    private void EndInCrash(StorageCall call, bool? happens)
    {
        if (call.Tear is { } tear && happens is null && Chance(0.3))
        {
            var part = random.NextDouble();
            trace.Add($"{call.Name}: torn at {part}");
            tear(part);
        }
        else if (happens ?? Chance(0.5))
        {
            trace.Add($"{call.Name}: happened");
            call.Happen();
        }
    }

    private void Proceed(StorageCall call)
    {
        if (call.HasHappened || call.IsOrphan)
        {
            trace.Add($"{call.Name}: {(call.IsOrphan ? "late" : "answered")}");
            _waiting.Remove(call);
            if (!call.HasHappened)
            {
                call.Happen();
            }

            if (!call.IsOrphan)
            {
                call.Answer();
            }

            return;
        }

        var fate = Draw(call.Kind);
        trace.Add($"{call.Name}: {fate}");
        if (fate != Fate.Held)
        {
            _waiting.Remove(call);
        }

        Fulfil(call, fate);
    }

    private Fate Draw(CallKind kind) => kind switch
    {
        _ when Chance(Faults.Refused) => Fate.Refused,
        CallKind.Repeatable or CallKind.Append when Chance(Faults.AnswerLost) => Fate.AnswerLost,
        CallKind.Append when Chance(Faults.RequestLost) => Fate.RequestLost,
        CallKind.Append when Chance(Faults.Twice) => Fate.Twice,
        _ when Chance(Faults.Held) => Fate.Held,
        _ => Fate.Done,
    };

    private void Fulfil(StorageCall call, Fate fate)
    {
        if (fate is not (Fate.Refused or Fate.RequestLost))
        {
            call.Happen();
        }

        switch (fate)
        {
            case Fate.Twice:
                call.Again(keepsFirstAnswer: Chance(0.3));
                call.Answer();
                break;
            case Fate.Done:
                call.Answer();
                break;
            case Fate.Refused:
                call.Fail(new CairnException(Chance(0.3) ? ErrorKind.Throttled : ErrorKind.Unavailable, "simulated: nothing happened"));
                break;
            case Fate.AnswerLost or Fate.RequestLost:
                call.Fail(new CairnException(call.Kind == CallKind.Append ? ErrorKind.Unknown : ErrorKind.Unavailable, "simulated: the answer was lost"));
                break;
            default:
                break;
        }
    }
}
