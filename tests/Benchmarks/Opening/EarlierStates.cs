using System.Diagnostics;
using Cairn.Benchmarks.Memory;
using Cairn.Benchmarks.Reporting;
using Cairn.Benchmarks.Stores;
using Cairn.Benchmarks.Workload;
using Cairn.Diagnostics;
using Cairn.Primitives;
using Cairn.Reconciliation;
using Cairn.Snapshots;

namespace Cairn.Benchmarks.Opening;

/// <summary>Reads as of an earlier position: the first, which opens the checkpoint below it once more and replays the log between, and those that find it loaded.</summary>
internal static class EarlierStates
{
    private const int Rounds = 5;
    private const int TailCommits = 500;
    private const int WarmReads = 100_000;

    /// <summary>Measures on a space whose newest checkpoint holds everything; leaves a tail behind it.</summary>
    public static async Task MeasureAsync(ScratchFolder folder, int concepts)
    {
        var (position, operations) = await WriteTailAsync(folder, concepts).ConfigureAwait(false);
        var (opened, cold, memory, warm) = (new List<double>(), new List<double>(), 0L, 0.0);
        for (var round = 0; round < Rounds; round++)
        {
            var store = folder.OpenStore();
            var record = (await store.ListAsync(CancellationToken.None).ConfigureAwait(false))[0];
            var began = Stopwatch.GetTimestamp();
            var space = await OpeningCommand.OpenAsync(record, store, SilentEngineObserver.Instance).ConfigureAwait(false);
            opened.Add(Stopwatch.GetElapsedTime(began).TotalMilliseconds);
            var before = space.GetStatistics().MemoryBytes;
            began = Stopwatch.GetTimestamp();
            await ReadAsync(space, position, concepts / 2).ConfigureAwait(false);
            cold.Add(Stopwatch.GetElapsedTime(began).TotalMilliseconds);
            memory = space.GetStatistics().MemoryBytes - before;
            began = Stopwatch.GetTimestamp();
            for (var i = 0; i < WarmReads; i++)
            {
                await ReadAsync(space, position, i % concepts).ConfigureAwait(false);
            }

            warm = Stopwatch.GetElapsedTime(began).TotalNanoseconds / WarmReads;
            await space.DisposeAsync().ConfigureAwait(false);
            await store.DisposeAsync().ConfigureAwait(false);
        }

        OpeningCommand.Say($"  opened with {operations:N0} operations behind the checkpoint: median of {Rounds} {Samples.Median(opened):N0} ms; then the first read as of their end: {Samples.Median(cold):N0} ms, {memory / 1e6:N1} MB more; a later one {warm:N0} ns");
    }

    private static async Task<(LogPosition Position, long Operations)> WriteTailAsync(ScratchFolder folder, int concepts)
    {
        var store = folder.OpenStore();
        var record = (await store.ListAsync(CancellationToken.None).ConfigureAwait(false))[0];
        var space = await OpeningCommand.OpenAsync(record, store, SilentEngineObserver.Instance).ConfigureAwait(false);
        var before = space.GetStatistics().Operations;
        await OpeningCommand.IngestAsync(space, OpeningCommand.RandomPuts(space, concepts).Take(TailCommits)).ConfigureAwait(false);
        var (position, operations) = (space.Current.Position, space.GetStatistics().Operations - before);

        // So that the position is no longer the newest.
        await OpeningCommand.IngestAsync(space, OpeningCommand.RandomPuts(space, concepts).Take(1)).ConfigureAwait(false);
        await space.DisposeAsync().ConfigureAwait(false);
        await store.DisposeAsync().ConfigureAwait(false);
        return (position, operations);
    }

    private static async ValueTask ReadAsync(Space space, LogPosition position, int number)
    {
        var state = await space.AsOfAsync(position, Timeout.InfiniteTimeSpan, CancellationToken.None).ConfigureAwait(false);
        OpeningCommand.Require(state.Position == position && HasSalary(state, number));
    }

    private static bool HasSalary(Snapshot state, int number)
    {
        Span<byte> id = stackalloc byte[GeneratedConcept.IdBytes];
        GeneratedConcept.WriteId(number, id);
        return state.Concept(state.FindConcept(id)).TryGetAttribute("salary"u8, out _);
    }
}
