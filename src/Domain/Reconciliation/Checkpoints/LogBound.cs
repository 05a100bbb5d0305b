using System.Globalization;
using Cairn.Primitives;

namespace Cairn.Reconciliation.Checkpoints;

/// <summary>How far a state goes: every frame from the first on that ends at or before a position and moves the log clock no further than a time.</summary>
/// <param name="Position">It may lie inside a frame, which is not among them then.</param>
/// <param name="Time">Of the log clock.</param>
internal readonly record struct LogBound(LogPosition Position, Timestamp Time)
{
    /// <summary>All frames up to a position.</summary>
    public static LogBound At(LogPosition position) => new(position, Timestamp.Max);

    /// <summary>All frames up to a time of the log clock.</summary>
    public static LogBound At(Timestamp time) => new(LogPosition.Max, time);

    /// <summary>Whether a state of this position and log clock is not past it.</summary>
    public bool Holds(LogPosition position, Timestamp logClock) => position <= Position && logClock <= Time;

    /// <summary>It is a time.</summary>
    public bool IsTime => Time < Timestamp.Max;

    /// <inheritdoc/>
    public override string ToString() => IsTime ? Time.ToString() : string.Create(CultureInfo.InvariantCulture, $"position {Position.Value}");
}
