using Cairn.Diagnostics;
using Cairn.Formats;
using Cairn.Log;

namespace Cairn.Reconciliation;

/// <summary>The trace contexts of commits that are applied and not yet visible, each once however many commits in a row have it. The applier's thread.</summary>
internal sealed class CommitTraces(IEngineObserver observer, SpaceClock clock)
{
    private readonly List<(byte[] Trace, int Commits, long DurableAt)> _traces = [];

    /// <summary>A commit was applied.</summary>
    /// <param name="frame">Its frame.</param>
    /// <param name="durableAt">When it became durable, as the clock's timestamp.</param>
    public void Add(in LogFrame frame, long durableAt)
    {
        if (!FrameView.HasTrace(frame.Bytes.Span))
        {
            return;
        }

        var trace = frame.View.Trace;
        if (_traces is [.., var last] && trace.SequenceEqual(last.Trace))
        {
            _traces[^1] = last with { Commits = last.Commits + 1 };
        }
        else
        {
            _traces.Add((trace.ToArray(), 1, durableAt));
        }
    }

    /// <summary>All that was added is visible.</summary>
    public void Report()
    {
        foreach (var (trace, commits, durableAt) in _traces)
        {
            observer.TraceSeen(trace, commits, clock.Time.GetElapsedTime(durableAt));
        }

        _traces.Clear();
    }
}
