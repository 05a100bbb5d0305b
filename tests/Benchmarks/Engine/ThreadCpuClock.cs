using Cairn.Benchmarks.Reporting;
using Perfolizer.Horology;

namespace Cairn.Benchmarks.Engine;

/// <summary><see cref="ThreadClock"/> for BenchmarkDotNet.</summary>
internal sealed class ThreadCpuClock : IClock
{
    public string Title => "thread CPU time";

    public bool IsAvailable => true;

    public Frequency Frequency => new(1e9);

    public long GetTimestamp() => ThreadClock.Nanoseconds();
}
