using Cairn.Functions.Hub;
using Cairn.Primitives;
using Cairn.Storage;

namespace Cairn.Functions.Tests.Hub;

/// <summary>A space's events stay in one partition, whatever becomes of the hub.</summary>
public sealed class PartitionPinsTests : IAsyncDisposable
{
    private static readonly Uri Hub = new("https://mine.servicebus.windows.net/one");

    private readonly MemoryTableStore _tables = new();

    public ValueTask DisposeAsync() => _tables.DisposeAsync();

    private static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    private async Task<int[]> FindAsync(int partitions, Uri? hub = null)
    {
        var pins = new PartitionPins(_tables, hub ?? Hub, partitions);
        var found = new List<int>();
        for (var i = 0; i < 200; i++)
        {
            found.Add(await pins.FindAsync(SpaceName.Parse($"space-{i}"), Cancelled));
        }

        return [.. found];
    }

    [Fact]
    public async Task FindAsync_WhenManySpacesAreAskedFor_SpreadsThem()
    {
        var pins = await FindAsync(8);

        Assert.All(Enumerable.Range(0, 8), partition => Assert.InRange(pins.Count(each => each == partition), 10, 45));
    }

    [Fact]
    public async Task FindAsync_WhenTheHubGrows_MovesNoSpace()
    {
        var before = await FindAsync(4);

        Assert.Equal(before, await FindAsync(32));
        Assert.NotEqual(before, await FindAsync(32, new("https://mine.servicebus.windows.net/two")));
    }

    [Fact]
    public async Task FindAsync_WhenAskedTwice_ReadsTheTablesOnce()
    {
        var pins = new PartitionPins(_tables, Hub, 4);
        var first = await pins.FindAsync(SpaceName.Parse("demo"), Cancelled);
        foreach (var partition in await PartitionsAsync())
        {
            await _tables.DeleteAsync(partition, Cancelled);
        }

        Assert.Equal(first, await pins.FindAsync(SpaceName.Parse("demo"), Cancelled));
        Assert.Empty(await PartitionsAsync());
    }

    [Fact]
    public async Task FindAsync_WhenTheHubHasLostPartitions_RefusesInsteadOfMoving()
    {
        await FindAsync(32);

        var failure = await Assert.ThrowsAsync<CairnException>(() => FindAsync(1));

        Assert.Equal(ErrorKind.Unavailable, failure.Kind);
    }

    [Fact]
    public async Task FindAsync_WhenTheRecordMakesNoSense_IsCorrupt()
    {
        await new PartitionPins(_tables, Hub, 4).FindAsync(SpaceName.Parse("demo"), Cancelled);
        var key = Assert.Single(await PartitionsAsync());
        var version = (await _tables.FindAsync(key, Cancelled))!.Version;
        await _tables.PutAsync(key, """{"version":2,"partition":0}"""u8.ToArray(), version, Cancelled);

        Assert.Equal(ErrorKind.Corrupt, (await Assert.ThrowsAsync<CairnException>(async () => await new PartitionPins(_tables, Hub, 4).FindAsync(SpaceName.Parse("demo"), Cancelled))).Kind);
    }

    // The name of the partition in the tables, for ever: pins are found by it.
    private async Task<RecordKey[]> PartitionsAsync()
    {
        const string OfHub = "hub-80f4075f0d424ead";
        return [.. (await _tables.ListAsync(OfHub, null, 100, Cancelled)).Select(each => new RecordKey(OfHub, each.Key))];
    }
}
