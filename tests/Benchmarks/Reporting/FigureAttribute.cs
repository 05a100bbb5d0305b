namespace Cairn.Benchmarks.Reporting;

/// <summary>Makes a benchmark's median a figure with a target. A time per operation becomes operations per second where that is the unit.</summary>
[AttributeUsage(AttributeTargets.Method)]
public sealed class FigureAttribute(string name, Unit unit) : Attribute
{
    /// <summary>What is measured.</summary>
    public string Name => name;

    /// <summary>Per second, microseconds or a ratio.</summary>
    public Unit Unit => unit;

    /// <summary>What it must reach; NaN: nothing is asked.</summary>
    public double Must { get; init; } = double.NaN;

    /// <summary>What it aims at.</summary>
    public double Aim { get; init; } = double.NaN;

    /// <summary>How it is measured, in a few words.</summary>
    public string Note { get; init; } = "";

    /// <summary>More than the calling thread works: its own time would say nothing.</summary>
    public bool OtherThreads { get; init; }

    /// <summary>Operations mean visits of rows, which must allocate nothing.</summary>
    public bool IsTraversal { get; init; }
}
