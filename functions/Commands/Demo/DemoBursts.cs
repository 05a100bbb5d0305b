using System.Diagnostics;
using Cairn.Embedded;
using Cairn.Model;
using Cairn.Primitives;

namespace Cairn.Functions.Commands.Demo;

/// <summary>The bursts of the demo, to be run in their order: each builds on what the ones before it wrote.</summary>
internal sealed class DemoBursts(EmbeddedSpace space)
{
    private const int Concepts = 1_000;
    private const int Associations = 500;
    private const int PathQueries = 5_000;

    /// <summary>Commits under way at once in a burst.</summary>
    private const int Lanes = 64;

    private const int Readers = 2;
    private const int MaxDepth = 16;
    private const int ReadingSteps = 50;

    // Slow enough to leave most of the processor free: then it is the engine that is measured, not the queue for it.
    private static readonly TimeSpan BetweenReads = TimeSpan.FromMilliseconds(2);
    private static readonly TimeSpan BetweenBursts = TimeSpan.FromMilliseconds(10);
    private static readonly TimeSpan Step = TimeSpan.FromMilliseconds(30);

    private const int CommitsPerBurst = 20;
    private readonly Random _random = new(1815);
    private int _written;

    public IReadOnlyList<DemoBurst> All =>
    [
        new("learning", Concepts, LearnAsync),
        new("associating", Associations, AssociateAsync),
        new("reasoning", PathQueries, ReasonAsync),
        new("together", 2 * ReadingSteps, ReadWhileWritingAsync),
    ];

    /// <summary>Runs them once without showing them, but for the last: what the compiler of the runtime takes is not the engine's.</summary>
    public async Task WarmUpAsync(CancellationToken cancellationToken)
    {
        foreach (var burst in All.SkipLast(1))
        {
            await burst.RunAsync(static () => { }, cancellationToken);
        }

        await ReadAsync(static () => { }, cancellationToken);
    }

    private Task<DemoFigures> LearnAsync(Action done, CancellationToken cancellationToken) =>
        IngestAsync("concepts", Concepts, i => space.NewCommit().Put(Describe(i)), done, cancellationToken);

    // Each concept hangs on an earlier one, the first ones on many: a tree, so that there is a path between any two.
    private Task<DemoFigures> AssociateAsync(Action done, CancellationToken cancellationToken)
    {
        var parents = Enumerable.Range(1, Associations).Select(child => (int)(child * Math.Pow(_random.NextDouble(), 3))).ToArray();
        return IngestAsync("associations", Associations, i => space.NewCommit().Associate(Id(i + 1), "follows_from", Id(parents[i])), done, cancellationToken);
    }

    private Task<DemoFigures> ReasonAsync(Action done, CancellationToken cancellationToken) => Task.Run(
        () =>
        {
            var (latencies, steps, started) = (new Latencies(), 0L, Stopwatch.GetTimestamp());
            for (var i = 0; i < PathQueries; i++)
            {
                steps += FindPath(_random, latencies, cancellationToken);
                done();
            }

            var seconds = Stopwatch.GetElapsedTime(started).TotalSeconds;
            return new DemoFigures(Rate(PathQueries, "path queries", seconds), $"{latencies}; {(double)steps / PathQueries:0.0} associations a path");
        },
        cancellationToken);

    private async Task<DemoFigures> ReadWhileWritingAsync(Action done, CancellationToken cancellationToken)
    {
        var quiet = await ReadAsync(done, cancellationToken);
        using var enough = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        var (before, started) = (_written, Stopwatch.GetTimestamp());
        var writer = Task.Run(() => WriteUntilAsync(enough.Token), CancellationToken.None);
        Latencies busy;
        try
        {
            busy = await ReadAsync(done, cancellationToken);
        }
        finally
        {
            await enough.CancelAsync();
            await writer;
        }

        var (calm, pressed) = (quiet.Percentile(0.99), busy.Percentile(0.99));
        return new(
            $"{Rate(_written - before, "commits", Stopwatch.GetElapsedTime(started).TotalSeconds)} beside {Readers} readers",
            $"reads p99 {calm:0.000} ms quiet, {pressed:0.000} ms beside the writer ({pressed / calm:0.00} times)");
    }

    /// <summary>Sends commits in a burst and waits until they are visible.</summary>
    private async Task<DemoFigures> IngestAsync(string what, int count, Func<int, CommitBuilder> commit, Action done, CancellationToken cancellationToken)
    {
        var (latencies, rounds, next, last) = (new Latencies(), space.GetStatistics().Rounds, -1, new LogPosition[Lanes]);
        var started = Stopwatch.GetTimestamp();
        await Task.WhenAll(Enumerable.Range(0, Lanes).Select(lane => Task.Run(
            async () =>
            {
                for (var i = Interlocked.Increment(ref next); i < count; i = Interlocked.Increment(ref next))
                {
                    var sent = Stopwatch.GetTimestamp();
                    last[lane] = await space.IngestAsync(commit(i), cancellationToken);
                    latencies.AddSince(sent);
                    done();
                }
            },
            cancellationToken)));
        await space.WaitForAsync(last.Max(), TimeSpan.FromSeconds(30), cancellationToken);
        var seconds = Stopwatch.GetElapsedTime(started).TotalSeconds;
        return new(Rate(count, what, seconds), $"on disk after {latencies}; snapshots published: {space.GetStatistics().Rounds - rounds}");
    }

    private async Task<Latencies> ReadAsync(Action done, CancellationToken cancellationToken)
    {
        var latencies = new Latencies();
        using var enough = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        var readers = Enumerable.Range(0, Readers).Select(seed => Task.Run(() => ReadUntilAsync(new(seed), latencies, enough.Token), CancellationToken.None)).ToArray();
        try
        {
            for (var step = 0; step < ReadingSteps; step++)
            {
                await Task.Delay(Step, cancellationToken);
                done();
            }
        }
        finally
        {
            await enough.CancelAsync();
            await Task.WhenAll(readers);
        }

        return latencies;
    }

    private async Task ReadUntilAsync(Random random, Latencies latencies, CancellationToken enough)
    {
        using var timer = new PeriodicTimer(BetweenReads);
        while (await NextAsync(timer, enough))
        {
            FindPath(random, latencies, CancellationToken.None);
        }
    }

    private async Task WriteUntilAsync(CancellationToken enough)
    {
        using var timer = new PeriodicTimer(BetweenBursts);
        while (await NextAsync(timer, enough))
        {
            await Task.WhenAll(Enumerable.Range(0, CommitsPerBurst).Select(_ =>
            {
                var i = Concepts + _written++;
                return space.IngestAsync(space.NewCommit().Put(Describe(i)).Associate(Id(i), "follows_from", Id(i % Associations)), CancellationToken.None).AsTask();
            }));
        }
    }

    private int FindPath(Random random, Latencies latencies, CancellationToken cancellationToken)
    {
        var request = new PathRequest(Id(random.Next(Associations)), Id(random.Next(Associations))) { MaxDepth = MaxDepth };
        var started = Stopwatch.GetTimestamp();
        var paths = space.Read().FindPaths(request, cancellationToken);
        latencies.AddSince(started);
        return paths.Count == 0 ? 0 : paths[0].Associations.Count;
    }

    private static async ValueTask<bool> NextAsync(PeriodicTimer timer, CancellationToken enough)
    {
        try
        {
            return await timer.WaitForNextTickAsync(enough);
        }
        catch (OperationCanceledException)
        {
            return false;
        }
    }

    private static Concept Describe(int i) => new()
    {
        Id = Id(i),
        Labels = ["idea"],
        Content = $"Idea number {i}, as an agent might have noted it.",
        Attributes = new Dictionary<string, Value> { ["number"] = i, ["weight"] = 1.0 / (i + 1), ["source"] = "demo" },
    };

    private static string Id(int i) => $"idea-{i}";

    private static string Rate(int count, string what, double seconds) => $"{count:N0} {what} in {seconds:0.00} s, {count / seconds:N0} a second";
}
