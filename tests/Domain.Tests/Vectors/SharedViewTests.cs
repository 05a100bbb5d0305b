using Cairn.Model;
using Cairn.Vectors;

namespace Cairn.Domain.Tests.Vectors;

/// <summary>One writer, readers of views, and a rebuild on a thread of its own.</summary>
public sealed class SharedViewTests
{
    private const int Rows = 400;
    private const int Dimensions = 24;

    // All vectors of a version point the same way, so that a torn view shows.
    [Fact]
    public async Task Views_WhenReadWhileTheWriterWrites_AreWhole()
    {
        var index = new VectorIndex(new(Dimensions, VectorMetric.Dot), new(50, 1));
        var published = new Published(index.Publish(), 0);
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(TestContext.Current.CancellationToken);
        var readers = Enumerable.Range(0, 3).Select(_ => Task.Run(() =>
        {
            var reads = 0;
            for (; !stop.IsCancellationRequested || reads == 0; reads++)
            {
                var (view, version) = Volatile.Read(ref published);
                RequireWhole(view, version);
            }

            return reads;
        })).ToArray();

        for (var version = 1; version <= 120; version++)
        {
            PutAll(index, version);
            Volatile.Write(ref published, new(index.Publish(), version));
            if (version % 10 == 0)
            {
                index = await RebuildBeside(index, published.View, version);
                Volatile.Write(ref published, new(index.Publish(), version));
            }
        }

        await stop.CancelAsync();
        Assert.All(await Task.WhenAll(readers), static reads => Assert.True(reads > 0));
        Assert.True(index.Clusters > 1);
    }

    private sealed record Published(VectorView View, int Version);

    // The writer goes on meanwhile with the old one.
    private static async Task<VectorIndex> RebuildBeside(VectorIndex index, VectorView view, int version)
    {
        var rebuild = index.Rebuild(view);
        var rebuilt = Task.Run(rebuild.Run);
        PutAll(index, version + 1);
        return await rebuilt;
    }

    private static void PutAll(VectorIndex index, int version)
    {
        for (var row = 0; row < Rows; row++)
        {
            index.Put(row, [.. Enumerable.Range(0, Dimensions).Select(i => i == (version + row) % Dimensions ? version : 0f)]);
        }
    }

    private static void RequireWhole(VectorView view, int version)
    {
        var contents = ViewContents.Of(view);
        var expected = version == 0 ? 0 : Rows;
        Assert.Equal(expected, contents.Count);
        Assert.All(contents.Values, text => Assert.EndsWith($"× {version / 127f:R} − 0", text, StringComparison.Ordinal));
    }
}
