using System.Diagnostics;
using System.Globalization;
using System.Text;
using Cairn.Benchmarks.Reporting;
using Cairn.Formats.Segments;
using Cairn.Model;
using Cairn.Primitives;
using Cairn.Reconciliation;
using Cairn.Reconciliation.Outcomes;

namespace Cairn.Benchmarks.Outcomes;

/// <summary>What it takes to remember commits of one operation: in memory, in files, and to find that an id is new.</summary>
internal static class OutcomesCommand
{
    private const int Files = 100;
    private static readonly TimeSpan Window = TimeSpan.FromHours(24);
    private static readonly Timestamp Start = Timestamp.From(new DateTimeOffset(2026, 1, 31, 12, 0, 0, TimeSpan.Zero));

    public static async Task<int> RunAsync(bool quick)
    {
        Console.WriteLine(Hardware.Line());
        var count = quick ? 100_000 : 1_000_000;
        var figures = new List<Figure>();
        foreach (var given in new[] { false, true })
        {
            figures.AddRange(await RememberAsync(count, given).ConfigureAwait(false));
        }

        figures.AddRange(await MissAsync(count / Files).ConfigureAwait(false));
        Console.WriteLine();
        return FigureTable.Print(Console.Out, figures) ? 0 : 2;
    }

    private static async Task<List<Figure>> RememberAsync(int count, bool given)
    {
        var ids = given ? "ids given" : "ids made";
        var memory = new CommitMemory(new(1)) { KeepsAll = true };
        var names = Names(count, given, 0);
        var adding = Nanoseconds(() => Add(memory, names, given, 0));
        var bytes = memory.Bytes;
        var outcomes = memory.Seal(Position(count));
        byte[] written = [];
        var clock = Stopwatch.StartNew();
        written = await WriteAsync(outcomes).ConfigureAwait(false);
        var writing = clock.Elapsed.TotalMicroseconds;
        var opening = Nanoseconds(() => Open(written, new()).LoadFilter());
        return
        [
            new($"remember, {ids}", adding / count / 1_000, Unit.Microseconds, Target.None, $"{count:N0} commits of one operation"),
            new($"memory per commit, {ids}", bytes / (double)count, Unit.Bytes, Target.None),
            new($"file per commit, {ids}", written.Length / (double)count, Unit.Bytes, Target.None),
            new($"write a file, {ids}", writing / count, Unit.Microseconds, Target.None, "per commit, without a disk"),
            new($"open a file, {ids}", opening / 1_000, Unit.Microseconds, Target.None, "without a disk, with its filter"),
            new($"memory per commit in a file, {ids}", Loaded(written).Bytes / (double)count, Unit.Bytes, Target.None),
        ];
    }

    private static async Task<List<Figure>> MissAsync(int each)
    {
        var memory = new CommitMemory(new(1)) { KeepsAll = true };
        var none = Miss(memory);
        for (var file = 0; file < Files; file++)
        {
            Add(memory, Names(each, given: true, file * each), given: true, file * each);
            memory.Stored(Open(await WriteAsync(memory.Seal(Position((file + 1) * each))).ConfigureAwait(false), memory.Cache));
        }

        return
        [
            new("a new id, nothing stored", none / 1_000, Unit.Microseconds, Target.None, "with its digest"),
            new($"a new id, {Files} files in the window", Miss(memory) / 1_000, Unit.Microseconds, Target.None, $"of {each:N0} given ids each"),
        ];
    }

    private static double Miss(CommitMemory memory)
    {
        const int Asked = 100_000;
        var names = Names(Asked, given: true, int.MaxValue / 2);
        return Nanoseconds(() => Array.ForEach(names, name => memory.FindGiven(name))) / Asked;
    }

    private static double Nanoseconds(Action work)
    {
        var start = ThreadClock.Nanoseconds();
        work();
        return ThreadClock.Nanoseconds() - start;
    }

    private static LogPosition Position(int commit) => new(commit * 180L);

    private static byte[][] Names(int count, bool given, int first) => [.. Enumerable.Range(first, count).Select(i => Encoding.ASCII.GetBytes(
        given ? $"order-{i}" : Guid.CreateVersion7(Start.Plus(TimeSpan.FromMilliseconds(i / 20)).ToDateTimeOffset()).ToString("N", CultureInfo.InvariantCulture)))];

    private static void Add(CommitMemory memory, byte[][] names, bool given, int first)
    {
        for (var i = 0; i < names.Length; i++)
        {
            var position = Position(first + i + 1);
            var outcome = new CommitOutcome { Kind = OutcomeKind.Committed, Position = position, Results = [new(Effect.Created, position)] };
            var commit = new RememberedCommit(Start.Plus(TimeSpan.FromMicroseconds(50L * (first + i))), (UInt128)i, outcome);
            if (given)
            {
                memory.AddGiven(names[i], commit, Window);
            }
            else
            {
                memory.AddMade(names[i], commit);
            }
        }
    }

    private static async Task<byte[]> WriteAsync(SealedOutcomes outcomes)
    {
        var bytes = new MemoryStream();
        var writer = new SegmentWriter(new(default, outcomes.End, 0), bytes.WriteAsync);
        await OutcomeFileWriter.WriteAsync(outcomes, writer, CancellationToken.None).ConfigureAwait(false);
        await writer.FinishAsync(CancellationToken.None).ConfigureAwait(false);
        return bytes.ToArray();
    }

    private static OutcomeFile Loaded(byte[] bytes)
    {
        var file = Open(bytes, new());
        file.LoadFilter();
        return file;
    }

    private static OutcomeFile Open(byte[] bytes, OutcomeCache cache) =>
        OutcomeFile.Open(SegmentFile.Open(new Source(bytes), "outcomes", OutcomeSections.IsKnown), cache);

    private sealed class Source(byte[] bytes) : ISegmentSource
    {
        public long LengthBytes => bytes.Length;

        public void Read(long offset, Span<byte> destination) => bytes.AsSpan((int)offset, destination.Length).CopyTo(destination);
    }
}
