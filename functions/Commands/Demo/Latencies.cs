using System.Diagnostics;

namespace Cairn.Functions.Commands.Demo;

/// <summary>How long single steps took. Thread-safe.</summary>
internal sealed class Latencies
{
    private readonly Lock _gate = new();
    private readonly List<double> _milliseconds = [];

    public int Count
    {
        get
        {
            lock (_gate)
            {
                return _milliseconds.Count;
            }
        }
    }

    /// <param name="started">A timestamp of <see cref="Stopwatch"/>.</param>
    public void AddSince(long started)
    {
        var milliseconds = Stopwatch.GetElapsedTime(started).TotalMilliseconds;
        lock (_gate)
        {
            _milliseconds.Add(milliseconds);
        }
    }

    /// <summary>The time that a share of the steps did not pass, in milliseconds; the nearest rank.</summary>
    /// <param name="share">0 to 1.</param>
    public double Percentile(double share)
    {
        lock (_gate)
        {
            _milliseconds.Sort();
            return _milliseconds.Count == 0 ? 0 : _milliseconds[(int)Math.Ceiling(share * _milliseconds.Count) - 1];
        }
    }

    public override string ToString() => $"p50 {Percentile(0.5):0.000} ms, p99 {Percentile(0.99):0.000} ms";
}
