using System.Globalization;

namespace Cairn.Benchmarks.Http;

/// <summary>Memory of a process in kilobytes of 1,024 bytes.</summary>
/// <param name="Rss">Resident pages.</param>
/// <param name="Pss">The same, with shared pages counted in part.</param>
internal readonly record struct ServerMemory(double Rss, double Pss)
{
    /// <summary>Of now; Linux only.</summary>
    public static ServerMemory Read(string pid)
    {
        var lines = File.ReadAllLines($"/proc/{pid}/smaps_rollup");
        double Field(string name) => double.Parse(
            lines.First(line => line.StartsWith(name, StringComparison.Ordinal)).Split(' ', StringSplitOptions.RemoveEmptyEntries)[1], CultureInfo.InvariantCulture);
        return new(Field("Rss:"), Field("Pss:"));
    }

    public static ServerMemory operator -(ServerMemory a, ServerMemory b) => new(a.Rss - b.Rss, a.Pss - b.Pss);

    /// <summary>The share of one of so many.</summary>
    public ServerMemory KilobytesEach(int count) => new(Rss / count, Pss / count);

    public override string ToString() => FormattableString.Invariant($"{Pss / 1024:N0} MB");
}
