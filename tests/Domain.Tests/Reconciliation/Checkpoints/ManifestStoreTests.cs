using Cairn.Domain.Tests.Storage;
using Cairn.Primitives;
using Cairn.Reconciliation.Checkpoints;
using Cairn.Snapshots.Checkpoints;
using Cairn.Storage;

namespace Cairn.Domain.Tests.Reconciliation.Checkpoints;

/// <summary>Which manifest is the newest, whatever writers that stood still do.</summary>
public sealed class ManifestStoreTests : IAsyncDisposable
{
    private static readonly SpaceRecord Record = new(SpaceName.Parse("demo"), new(0xCA112), default);
    private readonly MemorySpaceStore _spaces = new();

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task CreateAsync_WhenTheNumberWasUsedAndDeleted_LeavesNothing()
    {
        var (blobs, manifests) = await FillAsync();

        var late = await Assert.ThrowsAsync<CairnException>(async () => await manifests.CreateAsync(Numbered(2, "segments/late.seg"), Token));

        Assert.Equal(ErrorKind.Fenced, late.Kind);
        Assert.Equal([3], await manifests.ListAsync(Token));
        Assert.Equal(3, (await OpenedCheckpoint.OpenNewestAsync(blobs, manifests, Token))!.Stored.Manifest.Number);
    }

    [Fact]
    public async Task CreateAsync_WhenAnotherWriterWasFaster_LeavesTheOthers()
    {
        await _spaces.CreateAsync(Record, Token);
        var blobs = _spaces.OpenBlobs(Record);
        await new ManifestStore(blobs, Record.Incarnation).CreateAsync(Numbered(1), Token);
        var overtaken = new ManifestStore(new Overtaken(blobs, Numbered(3)), Record.Incarnation);

        var late = await Assert.ThrowsAsync<CairnException>(async () => await overtaken.CreateAsync(Numbered(2), Token));

        Assert.Equal(ErrorKind.Fenced, late.Kind);
        Assert.Equal(3, (await new ManifestStore(blobs, Record.Incarnation).FindNewestAsync(Token))!.Number);
    }

    [Fact]
    public async Task FindNewestAsync_WhenAnOlderOneIsKeptAndThoseBehindItAreGone_FindsTheNewest()
    {
        var (blobs, manifests) = await FillAsync();
        await blobs.CreateAsync(Manifest.NameOf(1), ManifestCodec.Write(Numbered(1)), Token);

        // What an earlier program wrote, and a request of its that came late set back.
        await blobs.CreateAsync("manifest", "1"u8.ToArray(), Token);

        Assert.Equal(3, (await manifests.FindNewestAsync(Token))!.Number);
        Assert.Equal(3, (await OpenedCheckpoint.OpenNewestAsync(blobs, manifests, Token))!.Stored.Manifest.Number);
    }

    [Fact]
    public async Task FindNewestAsync_WhenTheCallerKnowsIt_ReadsNothing()
    {
        var (blobs, manifests) = await FillAsync();
        await blobs.CreateAsync(Manifest.NameOf(4), new byte[] { 1, 2, 3 }, Token);

        Assert.Null(await manifests.FindNewestAsync(unless: 4, Token));
        await Assert.ThrowsAsync<CairnException>(async () => await manifests.FindNewestAsync(unless: 3, Token));
    }

    /// <inheritdoc/>
    public ValueTask DisposeAsync() => _spaces.DisposeAsync();

    private async Task<(IBlobStore Blobs, ManifestStore Manifests)> FillAsync()
    {
        await _spaces.CreateAsync(Record, Token);
        var blobs = _spaces.OpenBlobs(Record);
        var manifests = new ManifestStore(blobs, Record.Incarnation);
        for (var number = 1; number <= 3; number++)
        {
            await manifests.CreateAsync(Numbered(number), Token);
        }

        await manifests.DeleteAsync(1, Token);
        await manifests.DeleteAsync(2, Token);
        return (blobs, manifests);
    }

    private static Manifest Numbered(int number, params string[] segments) => new()
    {
        Number = number,
        Epoch = number,
        Incarnation = Record.Incarnation,
        Position = LogPosition.Zero,
        LogAppends = 0,
        WrittenAt = default,
        Segments = [.. segments.Select(static name => new StoredFile(name, 1))],
        Outcomes = [],
        Kept = [],
    };

    // Another writer goes on from each manifest at once, and says so nowhere else.
    private sealed class Overtaken(IBlobStore inner, Manifest next) : PassingBlobStore(inner)
    {
        public override async ValueTask<bool> CreateAsync(string name, ReadOnlyMemory<byte> bytes, CancellationToken cancellationToken) =>
            await base.CreateAsync(name, bytes, cancellationToken) && await base.CreateAsync(next.Name, ManifestCodec.Write(next), cancellationToken);
    }
}
