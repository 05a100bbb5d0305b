using System.Diagnostics;
using System.Globalization;
using Cairn.Benchmarks.Memory;
using Cairn.Benchmarks.Reporting;
using Cairn.Benchmarks.Stores;
using Cairn.Benchmarks.Workload;
using Cairn.Diagnostics;
using Cairn.Formats;
using Cairn.Primitives;
using Cairn.Reconciliation;
using Cairn.Storage;

namespace Cairn.Benchmarks.Opening;

/// <summary>
/// Checkpoints on the local disk: opening a space to its first read, from its newest checkpoint and from its log alone; the time and the bytes that a
/// checkpoint takes; reads beside one; first searches; reads of an earlier state. Files are in the system's cache.
/// </summary>
internal static class OpeningCommand
{
    private const int Rounds = 9;
    private const int Changes = 100_000;

    private static readonly EngineOptions Manual = EngineOptions.Default with
    {
        Checkpoints = CheckpointOptions.Default with
        {
            TailOperations = long.MaxValue,
            ClosingOperations = long.MaxValue,
            MaxTailOperations = long.MaxValue,
            MaxTailBytes = long.MaxValue,
        },
    };

    public static async Task<int> RunAsync(Options options)
    {
        Console.WriteLine(Hardware.Line());
        int[] sizes = options.Value("--concepts") is { } one ? [int.Parse(one, CultureInfo.InvariantCulture)]
            : options.Has("--quick") ? [10_000] : [100_000, 1_000_000];
        foreach (var concepts in sizes)
        {
            await MeasureAsync(concepts).ConfigureAwait(false);
        }

        return 0;
    }

    private static async Task MeasureAsync(int concepts)
    {
        using var folder = new ScratchFolder();
        Say($"{concepts:N0} concepts with text, attributes and about {3 * concepts:N0} associations");
        await WriteAsync(folder, concepts).ConfigureAwait(false);
        await OpenRepeatedlyAsync(folder, concepts).ConfigureAwait(false);
        await ChangeAsync(folder, concepts).ConfigureAwait(false);
        await FirstSearches.MeasureAsync(folder).ConfigureAwait(false);
        await EarlierStates.MeasureAsync(folder, concepts).ConfigureAwait(false);
        await OpenFromLogAsync(folder).ConfigureAwait(false);
    }

    private static async Task WriteAsync(ScratchFolder folder, int concepts)
    {
        var reports = new Reports();
        var store = folder.OpenStore();
        var space = await CreateAsync(store, reports).ConfigureAwait(false);
        await IngestAsync(space, new GraphStream(new("opening", concepts, ConceptParts.All, true), space.Record.Incarnation).Commits()).ConfigureAwait(false);
        var logBytes = space.GetStatistics().LogBytes;
        await space.CheckpointAsync(CancellationToken.None).ConfigureAwait(false);
        var first = reports.Last;
        Say($"  first checkpoint, everything: {first.Duration.TotalMilliseconds:N0} ms, {first.WrittenBytes / 1e6:N1} MB of {logBytes / 1e6:N1} MB of log");
        await ReadBesideAsync(space, concepts, reports).ConfigureAwait(false);
        await space.DisposeAsync().ConfigureAwait(false);
        await store.DisposeAsync().ConfigureAwait(false);
    }

    // Single gets on this thread, quiet and while everything is written again on another one.
    private static async Task ReadBesideAsync(Space space, int concepts, Reports reports)
    {
        var quiet = Gets(space, concepts, static () => false);
        var compaction = Task.Run(() => space.CompactAsync(CancellationToken.None).AsTask());
        var beside = Gets(space, concepts, () => compaction.IsCompleted);
        await compaction.ConfigureAwait(false);
        Say($"  everything again into one segment: {reports.Last.Duration.TotalMilliseconds:N0} ms; single gets meanwhile p99 {beside.Microseconds(0.99):N2} µs, quiet {quiet.Microseconds(0.99):N2} µs");
    }

    private static Samples Gets(Space space, int concepts, Func<bool> isOver)
    {
        var (samples, random, id) = (new Samples(2_000_000), new SeededRandom(7), new byte[GeneratedConcept.IdBytes]);
        for (var i = 0; i < samples.Capacity && !isOver(); i++)
        {
            GeneratedConcept.WriteId(random.Below(concepts), id);
            var began = Stopwatch.GetTimestamp();
            var found = space.Current.FindConcept(id);
            var exists = found >= 0 && space.Current.Concept(found).TryGetAttribute("salary"u8, out _);
            samples.Add((long)Stopwatch.GetElapsedTime(began).TotalNanoseconds);
            Require(exists);
        }

        return samples;
    }

    private static async Task OpenRepeatedlyAsync(ScratchFolder folder, int concepts)
    {
        var (times, memory, id) = (new List<double>(), new List<double>(), new byte[GeneratedConcept.IdBytes]);
        for (var round = 0; round < Rounds; round++)
        {
            var before = GC.GetTotalMemory(forceFullCollection: true);
            var store = folder.OpenStore();
            var record = (await store.ListAsync(CancellationToken.None).ConfigureAwait(false))[0];
            var began = Stopwatch.GetTimestamp();
            var space = await OpenAsync(record, store, SilentEngineObserver.Instance).ConfigureAwait(false);
            GeneratedConcept.WriteId(concepts / 2, id);
            Require(space.Current.Concept(space.Current.FindConcept(id)).TryGetAttribute("salary"u8, out _));
            times.Add(Stopwatch.GetElapsedTime(began).TotalMilliseconds);
            memory.Add(GC.GetTotalMemory(forceFullCollection: true) - before);
            await space.DisposeAsync().ConfigureAwait(false);
            await store.DisposeAsync().ConfigureAwait(false);
        }

        Say($"  opened from the checkpoint, to the first read: {times[0]:N1} ms the first time, median of {Rounds} {Samples.Median(times):N1} ms; {Samples.Median(memory) / 1e6:N1} MB of memory then");
    }

    private static async Task ChangeAsync(ScratchFolder folder, int concepts)
    {
        var reports = new Reports();
        var store = folder.OpenStore();
        var record = (await store.ListAsync(CancellationToken.None).ConfigureAwait(false))[0];
        var space = await OpenAsync(record, store, reports).ConfigureAwait(false);
        foreach (var (what, commits) in new[] { ("random updates", RandomPuts(space, concepts)), ("appended concepts", Appended(space, concepts)) })
        {
            var before = space.GetStatistics().LogBytes;
            await IngestAsync(space, commits).ConfigureAwait(false);
            var changed = space.GetStatistics().LogBytes - before;
            await space.CheckpointAsync(CancellationToken.None).ConfigureAwait(false);
            Say($"  {Changes:N0} {what}: {reports.Last.Duration.TotalMilliseconds:N0} ms, {reports.Last.WrittenBytes / 1e6:N1} MB written for {changed / 1e6:N1} MB of log: {reports.Last.WrittenBytes / (double)changed:N2} bytes a byte");
        }

        await space.DisposeAsync().ConfigureAwait(false);
        await store.DisposeAsync().ConfigureAwait(false);
    }

    private static async Task OpenFromLogAsync(ScratchFolder folder)
    {
        foreach (var name in new[] { "manifests", "segments", "outcomes" })
        {
            foreach (var found in Directory.GetDirectories(folder.Path, name, SearchOption.AllDirectories))
            {
                Directory.Delete(found, recursive: true);
            }
        }

        var store = folder.OpenStore();
        var record = (await store.ListAsync(CancellationToken.None).ConfigureAwait(false))[0];
        var began = Stopwatch.GetTimestamp();
        var space = await OpenAsync(record, store, SilentEngineObserver.Instance).ConfigureAwait(false);
        Say($"  opened from the log alone: {Stopwatch.GetElapsedTime(began).TotalSeconds:N2} s for {space.GetStatistics().Operations:N0} operations, {space.GetStatistics().LogBytes / 1e6:N0} MB");
        await space.DisposeAsync().ConfigureAwait(false);
        await store.DisposeAsync().ConfigureAwait(false);
    }

    public static IEnumerable<EncodedCommit> RandomPuts(Space space, int concepts)
    {
        var random = new SeededRandom(11);
        return Puts(space, () => random.Below(concepts));
    }

    private static IEnumerable<EncodedCommit> Appended(Space space, int concepts)
    {
        var next = concepts;
        return Puts(space, () => next++);
    }

    private static IEnumerable<EncodedCommit> Puts(Space space, Func<int> number)
    {
        const int OperationsPerCommit = 100;
        var (writer, generator, concept) = (new CommitWriter(space.Record.Incarnation), new ConceptGenerator(Dataset.Seed), new GeneratedConcept());
        for (var at = 0; at < Changes; at += OperationsPerCommit)
        {
            CommitFeed.Begin(writer);
            for (var i = 0; i < OperationsPerCommit; i++)
            {
                generator.Generate(at + i, concept);
                GeneratedConcept.WriteId(number(), concept.Id);
                CommitFeed.Put(writer, concept, ConceptParts.All);
            }

            yield return writer.Finish();
        }
    }

    public static async Task IngestAsync(Space space, IEnumerable<EncodedCommit> commits)
    {
        var last = LogPosition.Zero;
        foreach (var batch in commits.Chunk(8))
        {
            var positions = await Task.WhenAll(batch.Select(commit => space.IngestAsync(commit, CancellationToken.None).AsTask())).ConfigureAwait(false);
            last = positions[^1];
            Array.ForEach(batch, static commit => commit.Return());
        }

        await space.WaitForAsync(last, TimeSpan.FromMinutes(1), CancellationToken.None).ConfigureAwait(false);
    }

    private static async Task<Space> CreateAsync(ISpaceStore store, IEngineObserver observer)
    {
        var wanted = new SpaceRecord(SpaceName.Parse("bench"), new(NewId()), Timestamp.From(DateTimeOffset.UtcNow));
        var (record, _) = await store.CreateAsync(wanted, CancellationToken.None).ConfigureAwait(false);
        return await OpenAsync(record, store, observer).ConfigureAwait(false);
    }

    public static Task<Space> OpenAsync(SpaceRecord record, ISpaceStore store, IEngineObserver observer) =>
        Space.OpenAsync(record, store, Manual, new(TimeProvider.System, NewId, observer), CancellationToken.None);

    private static UInt128 NewId() => new((ulong)Random.Shared.NextInt64(), (ulong)Random.Shared.NextInt64());

    public static void Require(bool holds)
    {
        if (!holds)
        {
            throw new InvalidOperationException("a concept that was written is not there");
        }
    }

    public static void Say(FormattableString line) => Console.WriteLine(line.ToString(CultureInfo.InvariantCulture));

    public sealed class Reports : IEngineObserver
    {
        public CheckpointReport Last { get; private set; }

        public void Checkpointed(in CheckpointReport checkpoint) => Last = checkpoint;

        public void CheckpointFailed(Exception failure) => Console.WriteLine(failure);

        public void Stopped(Exception failure) => Console.WriteLine(failure);
    }
}
