namespace Cairn.Benchmarks.Reporting;

/// <summary>What a figure is measured in, and which way is better.</summary>
public enum Unit
{
    /// <summary>More is better.</summary>
    PerSecond,

    /// <summary>Less is better.</summary>
    Microseconds,

    /// <summary>Less is better.</summary>
    Bytes,

    /// <summary>Less is better.</summary>
    Ratio,
}

/// <summary>What a figure must reach and what it aims at; NaN where nothing is asked.</summary>
/// <param name="Must">A miss is a bug.</param>
/// <param name="Aim">A miss is work left.</param>
internal readonly record struct Target(double Must, double Aim)
{
    /// <summary>The figure is there for comparison.</summary>
    public static readonly Target None = new(double.NaN, double.NaN);

    /// <summary>How a measured value stands to it.</summary>
    public string Judge(Unit unit, double value) => this switch
    {
        { Must: double.NaN } => "",
        _ when Reaches(unit, value, Aim) => "aim met",
        _ when Reaches(unit, value, Must) => "must met",
        _ => "MISSED",
    };

    private static bool Reaches(Unit unit, double value, double wanted) =>
        !double.IsNaN(wanted) && (unit == Unit.PerSecond ? value >= wanted : value <= wanted);
}
