using System.Diagnostics;
using System.Globalization;
using Cairn.Benchmarks.Memory;
using Cairn.Benchmarks.Reporting;
using Cairn.Benchmarks.Stores;
using Cairn.Benchmarks.Workload;
using Cairn.Formats;
using Cairn.Model;
using Cairn.Primitives;
using Cairn.Reconciliation;
using Cairn.Storage;

namespace Cairn.Benchmarks.Churn;

/// <summary>
/// What comes and goes leaves no room taken: ever new concepts that are put and deleted while 100,000 are there, then ever new associations of one hub. On the local
/// disk, through the burst door, with the service's options but for the retention, on a clock by which a day takes a minute.
/// </summary>
internal static class ChurnCommand
{
    private const int Live = 100_000;
    private const int OperationsPerCommit = 100;
    private const int CommitsUnderWay = 64;
    private const int Samples = 20;
    private const double Speed = 1_440;

    public static async Task<int> RunAsync(Options options)
    {
        var count = int.Parse(options.Value("--count") ?? "10000000", CultureInfo.InvariantCulture);
        Console.WriteLine(Hardware.Line());
        using var folder = new ScratchFolder();
        var (store, observer) = (folder.OpenStore(), new ChurnObserver());
        await using (store.ConfigureAwait(false))
        {
            var space = await OpenAsync(store, observer).ConfigureAwait(false);
            await using (space.ConfigureAwait(false))
            {
                Say($"{count:N0} concepts put and deleted, {Live:N0} at a time");
                await RunAsync(space, observer, folder.Path, count, PutAndDelete).ConfigureAwait(false);
                Say($"{count:N0} associations of one hub put and deleted, {Live:N0} at a time");
                await RunAsync(space, observer, folder.Path, count, AssociateAndDissociate).ConfigureAwait(false);
            }
        }

        return observer.Failures;
    }

    private static async Task RunAsync(Space space, ChurnObserver observer, string folder, int count, Action<CommitWriter, int> come)
    {
        Say($"  {"done",12} {"ops/s",9} {"live",9} {"dead",9} {"managed",9} {"resident",9} {"log",8} {"segments",9} {"outcomes",9} {"compactions",12} {"median, longest pause",24}");
        var (writer, underWay) = (new CommitWriter(space.Record.Incarnation), new Queue<(EncodedCommit Commit, Task<LogPosition> Durable)>());
        for (var sample = 0; sample < Samples; sample++)
        {
            var began = Stopwatch.GetTimestamp();
            var (from, to) = ((int)((long)count * sample / Samples), (int)((long)count * (sample + 1) / Samples));
            var last = await WriteAsync(space, writer, underWay, from, to, come).ConfigureAwait(false);
            await space.WaitForAsync(last, TimeSpan.FromMinutes(1), CancellationToken.None).ConfigureAwait(false);
            Report(space, observer, folder, to, 2 * (to - from) / Stopwatch.GetElapsedTime(began).TotalSeconds);
        }
    }

    private static async Task<LogPosition> WriteAsync(
        Space space, CommitWriter writer, Queue<(EncodedCommit Commit, Task<LogPosition> Durable)> underWay, int from, int to, Action<CommitWriter, int> come)
    {
        var last = LogPosition.Zero;
        for (var at = from; at < to; at += OperationsPerCommit / 2)
        {
            CommitFeed.Begin(writer);
            for (var number = at; number < Math.Min(to, at + (OperationsPerCommit / 2)); number++)
            {
                come(writer, number);
            }

            var commit = writer.Finish();
            underWay.Enqueue((commit, space.IngestAsync(commit, CancellationToken.None).AsTask()));
            while (underWay.Count > CommitsUnderWay)
            {
                last = await FinishAsync(underWay.Dequeue()).ConfigureAwait(false);
            }
        }

        while (underWay.TryDequeue(out var oldest))
        {
            last = await FinishAsync(oldest).ConfigureAwait(false);
        }

        return last;
    }

    private static async Task<LogPosition> FinishAsync((EncodedCommit Commit, Task<LogPosition> Durable) write)
    {
        var position = await write.Durable.ConfigureAwait(false);
        write.Commit.Return();
        return position;
    }

    private static void PutAndDelete(CommitWriter writer, int number)
    {
        writer.BeginPut(Id("concept", number), OnExists.Fail);
        writer.BeginAttributes();
        writer.Attribute("number"u8);
        writer.Int64(number);
        writer.EndAttributes();
        writer.Content("what somebody said and nobody will ask for again"u8);
        writer.EndOperation();
        writer.Delete(Id("concept", number - Live), OnMissing.Skip);
    }

    private static void AssociateAndDissociate(CommitWriter writer, int number)
    {
        writer.BeginAssociate(new("hub"u8, "knows"u8, Id("leaf", number % 1_000), Id("", number)), OnExists.Fail, MissingEndpoints.Imply);
        writer.EndOperation();
        var old = Math.Max(-1, number - Live);
        writer.Dissociate(new("hub"u8, "knows"u8, Id("leaf", Math.Max(0, old) % 1_000), Id("", old)), OnMissing.Skip);
    }

    private static byte[] Id(string kind, int number) => System.Text.Encoding.ASCII.GetBytes(string.Create(CultureInfo.InvariantCulture, $"{kind}-{number:D8}"));

    private static void Report(Space space, ChurnObserver observer, string folder, int done, double rate)
    {
        var statistics = space.GetStatistics();
        var memory = MemoryUse.Now(0, statistics.MemoryBytes, []);
        Say($"  {done,12:N0} {rate,9:N0} {statistics.Concepts + statistics.Associations,9:N0} {statistics.DeadConcepts + statistics.DeadAssociations,9:N0} {memory.Managed / 1e6,6:N0} MB {memory.Resident / 1e6,6:N0} MB {Bytes(folder, "log") / 1e6,5:N0} MB {Bytes(folder, "segments") / 1e6,6:N0} MB {Bytes(folder, "outcomes") / 1e6,6:N0} MB {observer.Pauses.Count,12:N0} {(observer.Pauses.Count > 0 ? Reporting.Samples.Median(observer.Pauses) : 0),10:N1}, {observer.Pauses.DefaultIfEmpty().Max(),8:N1} ms");
    }

    private static long Bytes(string folder, string kind) => Directory.GetFiles(folder, "*", SearchOption.AllDirectories)
        .Where(file => Path.GetFileName(Path.GetDirectoryName(file)) == kind)
        .Sum(static file => new FileInfo(file).Length);

    private static async Task<Space> OpenAsync(ISpaceStore store, ChurnObserver observer)
    {
        var wanted = new SpaceRecord(SpaceName.Parse("bench"), new(NewId()), Timestamp.From(DateTimeOffset.UtcNow));
        var (record, _) = await store.CreateAsync(wanted, CancellationToken.None).ConfigureAwait(false);
        var options = EngineOptions.Default with
        {
            Overflow = OverflowPolicy.Wait,
            Checkpoints = CheckpointOptions.Default with { Retention = TimeSpan.Zero },
        };
        return await Space.OpenAsync(record, store, options, new(new FastClock(Speed), NewId, observer), CancellationToken.None).ConfigureAwait(false);
    }

    private static UInt128 NewId() => new((ulong)Random.Shared.NextInt64(), (ulong)Random.Shared.NextInt64());

    private static void Say(FormattableString line) => Console.WriteLine(line.ToString(CultureInfo.InvariantCulture));

    /// <summary>Days pass faster; timers and what is timed do not.</summary>
    private sealed class FastClock(double speed) : TimeProvider
    {
        private readonly DateTimeOffset _began = System.GetUtcNow();

        public override DateTimeOffset GetUtcNow() => _began + ((System.GetUtcNow() - _began) * speed);
    }
}
