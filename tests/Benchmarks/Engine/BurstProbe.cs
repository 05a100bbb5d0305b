using System.Runtime.InteropServices;
using Cairn.Benchmarks.Reporting;
using Cairn.Benchmarks.Workload;
using Cairn.Formats;
using Cairn.Snapshots;

namespace Cairn.Benchmarks.Engine;

/// <summary>
/// Whether a burst of writes is felt by readers: single gets on one core, quiet and beside a writer that applies and publishes commits of 20 changes
/// as fast as it can on another one. Rounds of both take turns, so that both meet the same machine.
/// </summary>
internal static class BurstProbe
{
    private const int Changed = 20;
    private const int GetsPerRound = 200_000;

    public static IEnumerable<Figure> Run(bool quick)
    {
        if (Environment.ProcessorCount < 2)
        {
            yield break;
        }

        var rounds = quick ? 4 : 20;
        var (quiet, burst, pauses, commits) = OnCore(0, () => Measure(rounds));
        var note = FormattableString.Invariant(
            $"{burst.Microseconds(.99):N2} against {quiet.Microseconds(.99):N2} µs; {commits:N0} commits, collector paused {pauses.TotalMilliseconds:N1} ms");
        yield return new("get while a writer bursts on another core, p99, against quiet", burst.Microseconds(.99) / quiet.Microseconds(.99), Unit.Ratio, new(1.2, 1.1), note);
        yield return new("get while a writer bursts on another core, p99.9", burst.Microseconds(.999), Unit.Microseconds, Target.None, FormattableString.Invariant($"quiet {quiet.Microseconds(.999):N2} µs"));
    }

    private static (Samples Quiet, Samples Burst, TimeSpan Pauses, long Commits) Measure(int rounds)
    {
        var (quiet, burst) = (new Samples(rounds * GetsPerRound), new Samples(rounds * GetsPerRound));
        using var writer = new BurstWriter();
        Read(new Samples(GetsPerRound), writer);
        GC.Collect();
        var pauses = TimeSpan.Zero;
        for (var round = 0; round < rounds; round++)
        {
            Read(quiet, writer);
            var before = GC.GetTotalPauseDuration();
            writer.Resume();
            Read(burst, writer);
            writer.Pause();
            pauses += GC.GetTotalPauseDuration() - before;
        }

        return (quiet, burst, pauses, writer.Commits);
    }

    private static void Read(Samples samples, BurstWriter writer)
    {
        var (fixture, sum) = (EngineFixture.Instance, 0L);
        for (var i = 0; i < GetsPerRound; i++)
        {
            var key = fixture.Key(i);
            var start = ThreadClock.Nanoseconds();
            var snapshot = writer.Newest;
            snapshot.Concept(snapshot.FindConcept(key)).TryGetAttribute("salary"u8, out var value);
            samples.Add(ThreadClock.Nanoseconds() - start);
            sum += value.Bits;
        }

        GC.KeepAlive(sum);
    }

    private static T OnCore<T>(int core, Func<T> run)
    {
        T result = default!;
        var thread = new Thread(() =>
        {
            Cores.Pin(core);
            result = run();
        });
        thread.Start();
        thread.Join();
        return result;
    }

    /// <summary>Changes the shared graph on a core of its own while it is let.</summary>
    private sealed class BurstWriter : IDisposable
    {
        private readonly ManualResetEventSlim _go = new();
        private readonly ManualResetEventSlim _stopped = new(true);
        private readonly Thread _thread;
        private volatile Snapshot _newest = EngineFixture.Instance.Space.Publish();
        private volatile bool _ends;

        public BurstWriter()
        {
            _thread = new(Run) { IsBackground = true };
            _thread.Start();
        }

        public Snapshot Newest => _newest;

        public long Commits { get; private set; }

        public void Resume()
        {
            _stopped.Reset();
            _go.Set();
        }

        public void Pause()
        {
            _go.Reset();
            _stopped.Wait();
        }

        public void Dispose()
        {
            _ends = true;
            _go.Set();
            _thread.Join();
            _go.Dispose();
            _stopped.Dispose();
        }

        private void Run()
        {
            Cores.Pin(1);
            var (fixture, writer, random) = (EngineFixture.Instance, new CommitWriter(default), new SeededRandom(8));
            while (true)
            {
                if (!_go.IsSet)
                {
                    _stopped.Set();
                    _go.Wait();
                }

                if (_ends)
                {
                    return;
                }

                CommitFeed.Begin(writer);
                for (var i = 0; i < Changed; i++)
                {
                    CommitFeed.PatchSalary(writer, fixture.Key(random.Below(int.MaxValue)), random.Below(100_000));
                }

                fixture.Space.Apply(writer.Finish());
                _newest = fixture.Space.Publish();
                Commits++;
            }
        }
    }

    /// <summary>Which core a thread runs on; Linux only, elsewhere the system decides.</summary>
    private static class Cores
    {
        public static void Pin(int core)
        {
            if (OperatingSystem.IsLinux())
            {
                var mask = 1UL << core;
                _ = SchedSetAffinity(0, sizeof(ulong), ref mask);
            }
        }

        [DllImport("libc", EntryPoint = "sched_setaffinity")]
        [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
        private static extern int SchedSetAffinity(int thread, nint size, ref ulong mask);
    }
}
