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

    /// <inheritdoc/>
    public ValueTask DisposeAsync() => _spaces.DisposeAsync();

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
}
