using System.Diagnostics;
using Cairn.Benchmarks.Reporting;
using Cairn.Benchmarks.Stores;
using Cairn.Benchmarks.Workload;
using Cairn.Formats;
using Cairn.Primitives;
using Cairn.Reconciliation;
using Cairn.Storage;

namespace Cairn.Benchmarks.Engine;

/// <summary>What one append costs its caller, and how long it then is until the disk has it. Always by the wall clock.</summary>
internal static class AppendProbe
{
    // Commits on their way at once while the cost to the caller is measured: a burst, after which the writer catches up.
    private const int Burst = 500;

    public static async Task<IReadOnlyList<Figure>> RunAsync(bool quick)
    {
        using var folder = new ScratchFolder();
        await using var inMemory = await OpenSpace.CreateAsync(new MemorySpaceStore(), EngineOptions.Default).ConfigureAwait(false);
        await using var onDisk = await OpenSpace.CreateAsync(folder.OpenStore(), EngineOptions.Default).ConfigureAwait(false);
        var enqueue = await EnqueueAsync(onDisk.Space, quick ? 20 : 200).ConfigureAwait(false);
        var singles = quick ? 300 : 3_000;
        var memory = await DurableAsync(inMemory.Space, singles).ConfigureAwait(false);
        var disk = await DurableAsync(onDisk.Space, singles).ConfigureAwait(false);
        var committed = await CommittedAsync(onDisk.Space, singles).ConfigureAwait(false);
        var flushed = Flush(folder, singles);
        return
        [
            new("append: encode, checksum, enqueue, p50", enqueue.Microseconds(.5), Unit.Microseconds, new(1, .3), "commits of one concept, four attributes"),
            new("append: encode, checksum, enqueue, p99", enqueue.Microseconds(.99), Unit.Microseconds, Target.None),
            new("durable, memory store, p50", memory.Microseconds(.5), Unit.Microseconds, Target.None, "one commit after the other, burst door"),
            new("durable, local disk, p50", disk.Microseconds(.5), Unit.Microseconds, Target.None, "one commit after the other, burst door"),
            new("durable, local disk, p99", disk.Microseconds(.99), Unit.Microseconds, Target.None),
            new("durable and visible, local disk, p50", committed.Microseconds(.5), Unit.Microseconds, Target.None, "interactive door"),
            new("write and fsync of 400 bytes, p50", flushed.Microseconds(.5), Unit.Microseconds, Target.None, "the same disk without Cairn"),
        ];
    }

    private static async Task<Samples> EnqueueAsync(Space space, int bursts)
    {
        var samples = new Samples(bursts * Burst);
        var (writer, data) = (new CommitWriter(space.Record.Incarnation), EngineFixture.Instance.Data);
        var (commits, durable) = (new EncodedCommit[Burst], new Task<LogPosition>[Burst]);
        for (var burst = -10; burst < bursts; burst++)
        {
            for (var i = 0; i < Burst; i++)
            {
                var start = Stopwatch.GetTimestamp();
                commits[i] = CommitStream.Concepts(writer, data, i, i + 1, ConceptParts.Attributes);
                durable[i] = space.IngestAsync(commits[i], CancellationToken.None).AsTask();
                var ticks = Stopwatch.GetTimestamp() - start;
                if (burst >= 0)
                {
                    samples.Add(ticks * 1_000_000_000 / Stopwatch.Frequency);
                }
            }

            for (var i = 0; i < Burst; i++)
            {
                await durable[i].ConfigureAwait(false);
                commits[i].Return();
            }
        }

        return samples;
    }

    private static Task<Samples> DurableAsync(Space space, int count) =>
        SinglyAsync(space, count, static async (space, commit) => await space.IngestAsync(commit, CancellationToken.None).ConfigureAwait(false));

    private static Task<Samples> CommittedAsync(Space space, int count) =>
        SinglyAsync(space, count, static async (space, commit) => await space.CommitHereAsync(commit, CancellationToken.None).ConfigureAwait(false));

    private static async Task<Samples> SinglyAsync(Space space, int count, Func<Space, EncodedCommit, Task> write)
    {
        var samples = new Samples(count);
        var (writer, data) = (new CommitWriter(space.Record.Incarnation), EngineFixture.Instance.Data);
        for (var i = -100; i < count; i++)
        {
            var concept = Math.Max(0, i);
            var start = Stopwatch.GetTimestamp();
            var commit = CommitStream.Concepts(writer, data, concept, concept + 1, ConceptParts.All);
            await write(space, commit).ConfigureAwait(false);
            var ticks = Stopwatch.GetTimestamp() - start;
            commit.Return();
            if (i >= 0)
            {
                samples.Add(ticks * 1_000_000_000 / Stopwatch.Frequency);
            }
        }

        return samples;
    }

    private static Samples Flush(ScratchFolder folder, int count)
    {
        var samples = new Samples(count);
        var bytes = new byte[400];
        using var file = File.OpenHandle(Path.Combine(folder.Path, "probe"), FileMode.CreateNew, FileAccess.Write);
        for (var i = 0; i < count; i++)
        {
            var start = Stopwatch.GetTimestamp();
            RandomAccess.Write(file, bytes, i * (long)bytes.Length);
            RandomAccess.FlushToDisk(file);
            samples.Add((Stopwatch.GetTimestamp() - start) * 1_000_000_000 / Stopwatch.Frequency);
        }

        return samples;
    }
}
