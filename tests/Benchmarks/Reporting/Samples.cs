namespace Cairn.Benchmarks.Reporting;

/// <summary>Timings of single calls, in nanoseconds; sorted when first asked for a quantile. One thread.</summary>
internal sealed class Samples(int capacity)
{
    private readonly long[] _nanoseconds = new long[capacity];
    private int _count;
    private bool _sorted;

    /// <summary>Timings that it takes.</summary>
    public int Capacity => capacity;

    /// <summary>Notes a timing.</summary>
    public void Add(long nanoseconds) => (_nanoseconds[_count++], _sorted) = (nanoseconds, false);

    /// <summary>The time below which that share of the calls lies, in microseconds.</summary>
    public double Microseconds(double share)
    {
        if (!_sorted)
        {
            Array.Sort(_nanoseconds, 0, _count);
            _sorted = true;
        }

        return _nanoseconds[(int)Math.Min(_count - 1, share * _count)] / 1e3;
    }

    /// <summary>What some work takes, in nanoseconds by <see cref="ThreadClock"/>: the least of some rounds.</summary>
    public static long Least(int rounds, Action work)
    {
        var least = long.MaxValue;
        for (var round = 0; round < rounds; round++)
        {
            var before = ThreadClock.Nanoseconds();
            work();
            least = Math.Min(least, ThreadClock.Nanoseconds() - before);
        }

        return least;
    }

    /// <summary>The median of a few numbers.</summary>
    public static double Median(IEnumerable<double> values)
    {
        var sorted = values.Order().ToArray();
        return sorted.Length % 2 == 1 ? sorted[sorted.Length / 2] : (sorted[(sorted.Length / 2) - 1] + sorted[sorted.Length / 2]) / 2;
    }
}
