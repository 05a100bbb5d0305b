using System.Text.Json;
using Cairn.Benchmarks.Stores;
using Cairn.Formats;
using Cairn.Reconciliation;

namespace Cairn.Benchmarks.Memory;

/// <summary>The child process: fills a space as a client would, settles, and prints one line about its memory.</summary>
internal static class MemoryChild
{
    private const int Updates = 10_000_000;
    private const int Tenths = 10;

    // A client that waits for what it sent: else the buffers of the commits on their way would be most of what is measured.
    private const int CommitsUnderWay = 2;

    public static async Task<int> RunAsync(MemoryCase one, bool quick)
    {
        var use = one == MemoryCase.Updates ? await UpdateAsync(one, quick ? Updates / 10 : Updates).ConfigureAwait(false)
            : one == MemoryCase.Empty ? await EncodeOnlyAsync().ConfigureAwait(false)
            : await FillAsync(one).ConfigureAwait(false);
        Console.WriteLine(JsonSerializer.Serialize(use));
        return 0;
    }

    private static async Task<MemoryUse> FillAsync(MemoryCase one)
    {
        using var folder = new ScratchFolder();
        await using var open = await OpenSpace.CreateAsync(folder.OpenStore(), EngineOptions.Default).ConfigureAwait(false);
        var raw = await WriteAsync(open, one).ConfigureAwait(false);
        return MemoryUse.Now(raw, open.Space.GetStatistics().MemoryBytes, []);
    }

    // Its own method, so that the generator is garbage when the memory is measured.
    private static async Task<long> WriteAsync(OpenSpace open, MemoryCase one)
    {
        var stream = new GraphStream(one, open.Space.Record.Incarnation);
        await open.IngestAsync(stream.Commits(), CommitsUnderWay).ConfigureAwait(false);
        return stream.RawBytes;
    }

    private static async Task<MemoryUse> EncodeOnlyAsync()
    {
        using var folder = new ScratchFolder();
        await using var open = await OpenSpace.CreateAsync(folder.OpenStore(), EngineOptions.Default).ConfigureAwait(false);
        foreach (var commit in new GraphStream(MemoryCase.Full, open.Space.Record.Incarnation).Commits())
        {
            commit.Return();
        }

        return MemoryUse.Now(0, 0, []);
    }

    // The log is not kept: it would be gigabytes, on disk or in memory. So there are no checkpoints either.
    private static async Task<MemoryUse> UpdateAsync(MemoryCase one, int updates)
    {
        var options = EngineOptions.Default with { Checkpoints = CheckpointOptions.Never };
        await using var open = await OpenSpace.CreateAsync(new DiscardingSpaceStore(), options).ConfigureAwait(false);
        await WriteAsync(open, one).ConfigureAwait(false);
        var stream = new UpdateStream(one.Concepts, open.Space.Record.Incarnation);
        var samples = new long[Tenths];
        for (var tenth = 0; tenth < Tenths; tenth++)
        {
            await open.IngestAsync(stream.Commits(updates / Tenths), CommitsUnderWay).ConfigureAwait(false);
            samples[tenth] = MemoryUse.Settle();
        }

        return MemoryUse.Now(0, open.Space.GetStatistics().MemoryBytes, samples);
    }
}
