using System.Diagnostics;
using Cairn.Benchmarks.Reporting;

namespace Cairn.Benchmarks.Http;

/// <summary>What one kind of request met in one stretch of time. Any thread.</summary>
internal sealed class LoadWindow
{
    // What is beyond is counted and not timed: a stretch is as long as that lasts.
    private const int MaxSamples = 200_000;

    private readonly long[] _nanoseconds = new long[MaxSamples];
    private long _answered, _refused, _failed;

    public long Answered => _answered;

    /// <summary>429.</summary>
    public long Refused => _refused;

    /// <summary>Any other status but 2xx, and connections that broke.</summary>
    public long Failed => _failed;

    /// <summary>An answer came.</summary>
    /// <param name="status">Its status.</param>
    /// <param name="since">The timestamp at which it was due: what waits behind a slow one has waited, too.</param>
    public void Note(int status, long since)
    {
        if (status is >= 200 and < 300)
        {
            var at = Interlocked.Increment(ref _answered) - 1;
            if (at < MaxSamples)
            {
                _nanoseconds[at] = (long)(Stopwatch.GetElapsedTime(since).TotalMicroseconds * 1000);
            }
        }
        else
        {
            Interlocked.Increment(ref status == 429 ? ref _refused : ref _failed);
        }
    }

    /// <summary>The timings. Nothing may be under way.</summary>
    public Samples Samples()
    {
        var samples = new Samples((int)Math.Min(_answered, MaxSamples));
        for (var i = 0; i < samples.Capacity; i++)
        {
            samples.Add(_nanoseconds[i]);
        }

        return samples;
    }
}
