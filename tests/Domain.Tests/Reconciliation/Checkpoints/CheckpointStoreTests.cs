using Cairn.Diagnostics;
using Cairn.Domain.Tests.Concurrency;
using Cairn.Domain.Tests.Reconciliation.Model;
using Cairn.Domain.Tests.Storage;
using Cairn.Log;
using Cairn.Primitives;
using Cairn.Reconciliation;
using Cairn.Reconciliation.Checkpoints;
using Cairn.Snapshots.Checkpoints;
using Cairn.Storage;

namespace Cairn.Domain.Tests.Reconciliation.Checkpoints;

/// <summary>What a checkpoint names, whatever happens between its capture and its manifest.</summary>
public sealed class CheckpointStoreTests : IAsyncDisposable
{
    private static readonly SpaceRecord Record = new(SpaceName.Parse("demo"), new(0xCA112), Generate.Begin);
    private static readonly CheckpointOptions NothingKept = CheckpointOptions.Default with { Retention = TimeSpan.FromTicks(1) };
    private readonly MemorySpaceStore _spaces = new();
    private readonly FrameEncoding _frames = new(Record.Incarnation);
    private ulong _sequence;
    private long _offset = 64;
    private UInt128 _ids = 1;

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task WriteAsync_WhenTheWindowMovesOnAfterTheCapture_KeepsTheIdsThatWereRememberedThen()
    {
        await _spaces.CreateAsync(Record, Token);
        await using (var store = await OpenAsync(NothingKept))
        {
            var live = Restored(store);
            Apply([live], "key", TimeSpan.Zero);
            await store.ClaimAsync(Token);
            await store.WriteAsync(live.Capture(), 1, CheckpointForm.Changes, Token);
            Apply([live], "x", TimeSpan.FromHours(23));
            var capture = live.Capture();

            Apply([live], "y", TimeSpan.FromHours(30));
            await store.WriteAsync(capture, 1, CheckpointForm.Changes, Token);
            Assert.Null(live.Memory.FindGiven("key"u8));
        }

        await using var again = await OpenAsync(NothingKept);
        Assert.NotNull(Restored(again).Memory.FindGiven("key"u8));
    }

    [Fact]
    public async Task CollectAsync_WhenTheHintIsBehind_DeletesNothingThatLeadsToTheNewest()
    {
        var (time, blobs) = (new ManualTime(), default(LostHints));
        await _spaces.CreateAsync(Record, Token);
        await using var log = await WriteLog.OpenAsync(
            _spaces.OpenLog(Record), Record.Incarnation, () => new(_ids++), SilentEngineObserver.Instance, default, static (_, _) => default, Token);
        var gated = new GatedStore(_spaces, new(), inner => blobs = new(inner));
        await using var store = await OpenAsync(CheckpointOptions.Default, gated, time);
        var live = Restored(store);
        await store.ClaimAsync(Token);
        blobs!.IsLost = true;
        for (var hour = 0; hour < 3; hour++)
        {
            Apply([live], $"key{hour}", TimeSpan.FromHours(hour));
            await store.WriteAsync(live.Capture(), 1, CheckpointForm.Changes, Token);
            time.Advance(TimeSpan.FromMinutes(hour == 0 ? 10 : 120));
        }

        var failure = await Assert.ThrowsAsync<CairnException>(async () => await store.CollectAsync(log, Token));
        Assert.Equal(ErrorKind.Unavailable, failure.Kind);
        Assert.Equal(store.Newest!.Manifest.Number, await NewestAsync());
        blobs.IsLost = false;
        await store.CollectAsync(log, Token);

        var manifests = await new ManifestStore(_spaces.OpenBlobs(Record), Record.Incarnation).ListAsync(Token);
        Assert.DoesNotContain(2, manifests);
        Assert.Equal(store.Newest!.Manifest.Number, await NewestAsync());
    }

    /// <inheritdoc/>
    public ValueTask DisposeAsync() => _spaces.DisposeAsync();

    private async Task<long> NewestAsync() => (await new ManifestStore(_spaces.OpenBlobs(Record), Record.Incarnation).FindNewestAsync(Token))!.Number;

    private ValueTask<CheckpointStore> OpenAsync(CheckpointOptions options, ISpaceStore? spaces = null, TimeProvider? time = null) => CheckpointStore.OpenAsync(
        spaces ?? _spaces, Record, options, new(time ?? TimeProvider.System, () => _ids++, SilentEngineObserver.Instance), Token);

    private static Reconciler Restored(CheckpointStore store)
    {
        var reconciler = new Reconciler(Record.Incarnation, store.Hash, stored: store.Stored, isStored: true);
        store.Restore(reconciler.Memory);
        return reconciler;
    }

    private void Apply(Reconciler[] replicas, string id, TimeSpan after)
    {
        var time = Generate.Begin.Plus(after);
        var bytes = _frames.Commit(new(1), ++_sequence, time, id, given: true, time, new([], [new Put("a", Fields.None, Cairn.Model.OnExists.Replace)])).Bytes;
        _offset += bytes.Length;
        foreach (var replica in replicas)
        {
            replica.Apply(new LogFrame(bytes, LogPosition.Of(0, _offset)));
        }
    }

    private sealed class LostHints(IBlobStore inner) : PassingBlobStore(inner)
    {
        public bool IsLost { get; set; }

        public override ValueTask ReplaceAsync(string name, ReadOnlyMemory<byte> bytes, CancellationToken cancellationToken) =>
            IsLost ? throw new CairnException(ErrorKind.Unavailable, "the store does not answer") : base.ReplaceAsync(name, bytes, cancellationToken);
    }
}
