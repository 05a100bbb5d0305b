using Cairn.Diagnostics;
using Cairn.Primitives;
using Cairn.Reconciliation;

namespace Cairn.Embedded;

/// <summary>How a program opens its memory. Immutable.</summary>
public sealed record EmbeddedOptions
{
    /// <summary>As the service runs: ingested commits are visible within 10 ms, and writes past the limits are refused.</summary>
    public static readonly EmbeddedOptions Default = new();

    /// <summary>For bulk loads: ingested commits are visible within 50 ms, in larger batches.</summary>
    public static readonly EmbeddedOptions Throughput = new() { Engine = EngineOptions.Throughput };

    /// <summary>For interactive programs: ingested commits are visible within 5 ms.</summary>
    public static readonly EmbeddedOptions Latency = new() { Engine = EngineOptions.Latency };

    /// <summary>For small machines: small batches and a short queue.</summary>
    public static readonly EmbeddedOptions SmallMemory = new() { Engine = EngineOptions.SmallMemory };

    /// <summary>Interval, batch and limits of every space.</summary>
    public EngineOptions Engine { get; init; } = EngineOptions.Default;

    /// <summary>What happens to a write when more than the engine's limits is taken and not yet visible: refused (the default), made to
    /// wait, or given the place of the oldest ingested commits, which <c>Dropped</c> in the statistics counts.</summary>
    public OverflowPolicy Overflow
    {
        get => Engine.Overflow;
        init => Engine = Engine with { Overflow = value };
    }

    /// <summary>Where this program answers, if it serves the memory to others; told to a second program that opens the folder. Null: nowhere.</summary>
    public string? Address { get; init; }

    /// <summary>Clock and timers.</summary>
    public TimeProvider Time { get; init; } = TimeProvider.System;

    /// <summary>Who hears what a space does; asked once for each space that is opened.</summary>
    public Func<SpaceName, IEngineObserver> ObserverOf { get; init; } = static _ => SilentEngineObserver.Instance;
}
