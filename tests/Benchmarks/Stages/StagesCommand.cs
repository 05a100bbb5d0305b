using System.Globalization;
using Cairn.Benchmarks.Reporting;
using Cairn.Benchmarks.Workload;
using Cairn.Formats;

namespace Cairn.Benchmarks.Stages;

/// <summary>Where the time and the garbage of a write go: nanoseconds and allocated bytes per operation, stage by stage, on one thread.</summary>
internal sealed class StagesCommand
{
    private const int OperationsPerPublish = 10_000;
    private readonly Dataset _data;
    private readonly int _rounds;

    private StagesCommand(int concepts, int rounds) => (_data, _rounds) = (new(concepts), rounds);

    /// <summary>One kind of write, encoded as frames.</summary>
    private sealed record Work(
        string Name, int OperationsPerCommit, Action<CommitWriter, int> Write, int Operations, bool OnLoadedSpace = true);

    /// <summary>What each stage took in one round.</summary>
    private readonly record struct Cost(double Nanoseconds, double Bytes);

    public static int Run(bool quick)
    {
        ThreadClock.UseCpuTime();
        var command = new StagesCommand(quick ? 10_000 : 100_000, quick ? 3 : 7);
        Console.WriteLine(Hardware.Line());
        string[] heads = ["operations", "a commit", "encode ns", "B", "verify ns", "apply ns", "B", "publish ns", "B", "sum ns"];
        FigureTable.PrintRows(Console.Out, heads, [.. command.Works().Select(command.Measure)]);
        return 0;
    }

    private IEnumerable<Work> Works()
    {
        var concepts = _data.Concepts.Length;
        foreach (var perCommit in new[] { 1_000, 100, 1 })
        {
            yield return new("put 4 attributes", perCommit, Put(ConceptParts.Attributes), concepts, false);
            yield return new("put label, text, 4 attributes", perCommit, Put(ConceptParts.All), concepts, false);
        }

        yield return new("put the same again", 1_000, Put(ConceptParts.All), concepts);
        yield return new("patch an integer", 1_000, (writer, i) => CommitFeed.PatchSalary(writer, _data.Concepts[i].Id, i * 7919L % 100_000), concepts);
        foreach (var perCommit in new[] { 1_000, 1 })
        {
            yield return new("associate", perCommit, Associate, _data.Associations.Length);
        }
    }

    private Action<CommitWriter, int> Put(ConceptParts parts) => (writer, i) => CommitFeed.Put(writer, _data.Concepts[i], parts);

    private void Associate(CommitWriter writer, int i) => CommitFeed.Associate(writer, _data.SourceId(i), _data.TargetId(i), _data.Associations[i]);

    private string[] Measure(Work work)
    {
        var rounds = new Cost[_rounds][];
        for (var round = 0; round < _rounds; round++)
        {
            rounds[round] = Round(work);
        }

        Cost[] costs = [.. Enumerable.Range(0, 4).Select(stage => new Cost(
            Samples.Median(rounds.Select(round => round[stage].Nanoseconds)),
            Samples.Median(rounds.Select(round => round[stage].Bytes))))];
        var (encode, verify, apply, publish) = (costs[0], costs[1], costs[2], costs[3]);
        return
        [
            work.Name, work.OperationsPerCommit.ToString(CultureInfo.InvariantCulture), Text(encode), Bytes(encode), Text(verify),
            Text(apply), Bytes(apply), Text(publish), Bytes(publish), costs.Sum(static cost => cost.Nanoseconds).ToString("N0", CultureInfo.InvariantCulture),
        ];
    }

    private static string Text(Cost cost) => cost.Nanoseconds.ToString("N0", CultureInfo.InvariantCulture);

    private static string Bytes(Cost cost) => cost.Bytes.ToString("0.#", CultureInfo.InvariantCulture);

    private Cost[] Round(Work work)
    {
        var space = new ReplayedSpace();
        if (work.OnLoadedSpace)
        {
            space.Load(new Dataset(_data, associations: 0));
        }

        GC.Collect();
        var encode = Time(work.Operations, () => Encode(work, static commit => commit.Return()));
        var frames = new List<byte[]>();
        Encode(work, commit => frames.Add(space.Stamp(commit)));
        var verify = Time(work.Operations, () => frames.ForEach(static frame => FrameView.Parse(frame)));
        var (apply, publish) = ApplyAndPublish(work, space, frames);
        return [encode, verify, apply, publish];
    }

    private static void Encode(Work work, Action<EncodedCommit> take)
    {
        var writer = new CommitWriter(default);
        for (var at = 0; at < work.Operations; at += work.OperationsPerCommit)
        {
            CommitFeed.Begin(writer);
            for (var i = at; i < Math.Min(work.Operations, at + work.OperationsPerCommit); i++)
            {
                work.Write(writer, i);
            }

            take(writer.Finish());
        }
    }

    private static (Cost Apply, Cost Publish) ApplyAndPublish(Work work, ReplayedSpace space, List<byte[]> frames)
    {
        Cost apply = default, publish = default;
        var framesPerPublish = Math.Max(1, OperationsPerPublish / work.OperationsPerCommit);
        for (var at = 0; at < frames.Count; at += framesPerPublish)
        {
            var batch = frames.GetRange(at, Math.Min(framesPerPublish, frames.Count - at));
            apply = Add(apply, Time(work.Operations, () => batch.ForEach(frame => space.Apply(frame))));
            publish = Add(publish, Time(work.Operations, () => space.Publish()));
        }

        return (apply, publish);
    }

    private static Cost Add(Cost a, Cost b) => new(a.Nanoseconds + b.Nanoseconds, a.Bytes + b.Bytes);

    private static Cost Time(int operations, Action work)
    {
        var bytes = GC.GetAllocatedBytesForCurrentThread();
        var start = ThreadClock.Nanoseconds();
        work();
        var nanoseconds = (double)(ThreadClock.Nanoseconds() - start);
        return new(nanoseconds / operations, (double)(GC.GetAllocatedBytesForCurrentThread() - bytes) / operations);
    }
}
