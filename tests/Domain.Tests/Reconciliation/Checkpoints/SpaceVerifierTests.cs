using Cairn.Diagnostics;
using Cairn.Domain.Tests.Concurrency;
using Cairn.Domain.Tests.Storage;
using Cairn.Primitives;
using Cairn.Reconciliation;
using Cairn.Reconciliation.Checkpoints;
using Cairn.Storage;

namespace Cairn.Domain.Tests.Reconciliation.Checkpoints;

/// <summary>A verification reads everything, names the first damage, and changes nothing.</summary>
public sealed class SpaceVerifierTests : IAsyncDisposable
{
    private readonly MemorySpaceStore _store = new();
    private SpaceRecord _record = null!;

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public ValueTask DisposeAsync() => _store.DisposeAsync();

    [Fact]
    public async Task Verify_WhenAllIsWhole_CountsIt()
    {
        await WriteAsync();
        var found = await VerifyAsync();

        Assert.InRange(found.Frames, 60, 70);
        Assert.Equal((0, 3), (found.TornBytes, found.Checkpoints));
        Assert.InRange(found.Segments, 3, 6);
        Assert.InRange(found.Chunks, 20, 500);
    }

    [Fact]
    public async Task Verify_WhenAFileOfACheckpointIsDamaged_NamesIt()
    {
        await WriteAsync();
        await using var blobs = _store.OpenBlobs(_record);
        foreach (var blob in await blobs.ListAsync("", Token))
        {
            var bytes = (await blobs.ReadAsync(blob.Name, int.MaxValue, Token))!;
            var changed = (byte[])bytes.Clone();
            changed[100] ^= 1;
            await blobs.ReplaceAsync(blob.Name, changed, Token);
            var damage = await Assert.ThrowsAsync<CairnException>(VerifyAsync);

            Assert.Equal(ErrorKind.Corrupt, damage.Kind);
            Assert.Contains(blob.Name, damage.Message, StringComparison.Ordinal);
            Assert.Equal(changed, await blobs.ReadAsync(blob.Name, int.MaxValue, Token));
            await blobs.ReplaceAsync(blob.Name, bytes, Token);
        }

        await VerifyAsync();
    }

    [Fact]
    public async Task Verify_WhenAManifestNamesAMissingSegment_SaysSo()
    {
        await WriteAsync();
        await using var blobs = _store.OpenBlobs(_record);
        var segment = (await blobs.ListAsync("segments/", Token))[0].Name;
        await blobs.DeleteAsync(segment, Token);

        Assert.Contains(segment, (await Assert.ThrowsAsync<CairnException>(VerifyAsync)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Verify_WhenTheLastWriteIsTorn_TellsAndLeavesIt()
    {
        await WriteAsync();
        await using var log = _store.OpenLog(_record);
        await log.AppendAsync(0, new byte[] { 1, 2, 3 }, Token);
        var lengthBytes = await log.GetLengthAsync(0, Token);

        Assert.Equal(3, (await VerifyAsync()).TornBytes);
        Assert.Equal(lengthBytes, await log.GetLengthAsync(0, Token));
    }

    private async Task WriteAsync()
    {
        await using var live = await LiveSpace.OpenAsync(_store, SilentEngineObserver.Instance, Token);
        _record = live.Space.Record;
        for (var i = 0; i < 60; i++)
        {
            var number = i;
            await live.CommitAsync(commit => commit.Set($"c{number}", "value", number, Integers.Utf8("some content")), Token);
            if (i is 30 or 59)
            {
                await live.Space.CheckpointAsync(Token);
            }
        }
    }

    private Task<VerificationReport> VerifyAsync() => new SpaceVerifier(_store, _record, SilentLogObserver.Instance).RunAsync(Token);
}
