using System.Globalization;

namespace Cairn.Benchmarks.Reporting;

/// <summary>One measured figure.</summary>
/// <param name="Name">What was measured.</param>
/// <param name="Value">In <paramref name="Unit"/>.</param>
/// <param name="Unit">What it is measured in.</param>
/// <param name="Target">What is asked of it.</param>
/// <param name="Note">How it was measured, in a few words.</param>
internal sealed record Figure(string Name, double Value, Unit Unit, Target Target, string Note = "")
{
    /// <summary>Met, missed, or empty if nothing is asked.</summary>
    public string Result => Target.Judge(Unit, Value);

    /// <summary>The cells of its row.</summary>
    public string[] Cells() => [Name, Format(Unit, Value), Format(Unit, Target.Must), Format(Unit, Target.Aim), Result, Note];

    private static string Format(Unit unit, double value) => (unit, value) switch
    {
        (_, double.NaN) => "",
        (Unit.PerSecond, >= 1e6) => Round(value / 1e6) + " M/s",
        (Unit.PerSecond, _) => value.ToString("N0", CultureInfo.InvariantCulture) + "/s",
        (Unit.Microseconds, _) => Round(value) + " µs",
        (Unit.Bytes, >= 1e6) => Round(value / 1e6) + " MB",
        (Unit.Bytes, _) => Round(value) + " B",
        _ => Round(value) + "×",
    };

    private static string Round(double value) => value.ToString(value < 10 ? "0.##" : value < 1000 ? "0.#" : "N0", CultureInfo.InvariantCulture);
}
