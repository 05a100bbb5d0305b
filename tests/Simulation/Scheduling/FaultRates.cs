namespace Cairn.Simulation.Scheduling;

/// <summary>How often something goes wrong, as probabilities per storage call or per step.</summary>
internal sealed record FaultRates
{
    /// <summary>Calls are answered one after the other, as they come, and time goes on only when nothing else does.</summary>
    public static readonly FaultRates None = new();

    /// <summary>A call: nothing happens.</summary>
    public double Refused { get; init; }

    /// <summary>A call: it happens, and the answer is lost.</summary>
    public double AnswerLost { get; init; }

    /// <summary>An append: it does not happen, and nobody knows.</summary>
    public double RequestLost { get; init; }

    /// <summary>An append: its bytes stand twice.</summary>
    public double Twice { get; init; }

    /// <summary>A call: other things happen between its effect and its answer.</summary>
    public double Held { get; init; }

    /// <summary>A step: time goes on while calls wait.</summary>
    public double TimePasses { get; init; }

    /// <summary>A passing of time: it is a long one.</summary>
    public double Jump { get; init; }

    /// <summary>A step: a process is killed.</summary>
    public double Crash { get; init; }

    /// <summary>A step: a process is closed and started again.</summary>
    public double Restart { get; init; }

    /// <summary>A step: a process stands still for a while.</summary>
    public double Stall { get; init; }

    /// <summary>A step: the wall clock of a process is set.</summary>
    public double ClockSet { get; init; }

    /// <summary>A read of an open blob: the disk fails.</summary>
    public double DiskFails { get; init; }
}
