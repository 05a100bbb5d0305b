using System.Text;
using Cairn.Diagnostics;
using Cairn.Domain.Tests.Storage;
using Cairn.Formats;
using Cairn.Model;
using Cairn.Primitives;
using Cairn.Reconciliation;
using Cairn.Snapshots.Checkpoints;
using Cairn.Storage;

namespace Cairn.Domain.Tests.Concurrency;

/// <summary>Two processes find the same checkpoint due: one begins to write it, and the other one sees that.</summary>
public sealed class TakeOverTests : IAsyncDisposable
{
    private static readonly SpaceName Demo = SpaceName.Parse("demo");
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(20);

    // Due at once behind ten operations.
    private static readonly EngineOptions Urgent = EngineOptions.Default with
    {
        Checkpoints = CheckpointOptions.Default with { MaxTailOperations = 20, TailOperations = long.MaxValue, ClosingOperations = long.MaxValue },
    };

    private readonly MemorySpaceStore _store = new(isShared: true);
    private readonly ManualTime _time = new();
    private readonly TaskCompletionSource _begun = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TaskCompletionSource _mayWrite = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TaskCompletionSource _seen = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly List<SpaceCatalog> _processes = [];
    private ulong _ids = 1;

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Checkpoint_WhenAnotherProcessHasJustBegunOne_IsLeftToItForAnInterval(bool isOpenBefore)
    {
        var writing = await OpenAsync(blobs => new SlowUploads(blobs, _begun, _mayWrite.Task));
        var waiting = isOpenBefore ? await OpenAsync(blobs => new SeenManifests(blobs, _seen)) : null;
        await FillAsync(writing);
        await _begun.Task.WaitAsync(Patience, Token);
        waiting ??= await OpenAsync(blobs => new SeenManifests(blobs, _seen));
        await waiting.FreshenAsync(strong: true, Token);
        if (isOpenBefore)
        {
            _time.Advance(Urgent.Checkpoints.Interval);
        }

        await LookAsync(waiting);
        Assert.Equal(0, waiting.GetStatistics().Checkpoints);

        _mayWrite.SetResult();
        await writing.TidyAsync(Token);

        Assert.Equal(1, writing.GetStatistics().Checkpoints);
    }

    [Fact]
    public async Task Checkpoint_WhenTheOtherProcessDoesNotFinishWithinTheInterval_IsTakenOver()
    {
        var stuck = await OpenAsync(blobs => new SlowUploads(blobs, _begun, _mayWrite.Task));
        await FillAsync(stuck);
        await _begun.Task.WaitAsync(Patience, Token);
        var waiting = await OpenAsync(blobs => new SeenManifests(blobs, _seen));
        await LookAsync(waiting);

        for (var tries = 0; waiting.GetStatistics().Checkpoints == 0; tries++)
        {
            Assert.True(tries < 1_000, "nobody took over");
            _time.Advance(Urgent.Checkpoints.Interval);
            await waiting.TidyAsync(Token);
        }

        _mayWrite.SetResult();
        await stuck.TidyAsync(Token);
        Assert.Equal(0, stuck.GetStatistics().Checkpoints);
    }

    public async ValueTask DisposeAsync()
    {
        _mayWrite.TrySetResult();
        foreach (var process in _processes)
        {
            await process.DisposeAsync();
        }
    }

    private async Task<Space> OpenAsync(Func<IBlobStore, IBlobStore> blobs)
    {
        var process = new SpaceCatalog(
            new GatedStore(_store, new(), blobs), Urgent, _ => new(_time, () => Interlocked.Increment(ref _ids), SilentEngineObserver.Instance));
        _processes.Add(process);
        return (await process.CreateAsync(Demo, Token)).Space;
    }

    private static async Task FillAsync(Space space)
    {
        // Whoever writes looks whether a checkpoint is due before what he wrote is applied: so some more than it takes.
        for (var i = 0; i < 15; i++)
        {
            var writer = new CommitWriter(space.Record.Incarnation);
            writer.Begin(Encoding.ASCII.GetBytes($"made-{i}"), givenByCaller: false, space.Now());
            writer.Put(new Concept { Id = $"c{i}" }, OnExists.Replace);
            await space.CommitAsync(writer.Finish(), Token);
        }
    }

    // The loop has begun to look when it has read what the other one wrote, and has its turn then; whoever tidies comes after it.
    private async Task LookAsync(Space space)
    {
        await _seen.Task.WaitAsync(Patience, Token);
        await space.TidyAsync(Token);
    }

    private sealed class SlowUploads(IBlobStore inner, TaskCompletionSource begun, Task mayWrite) : PassingBlobStore(inner)
    {
        public override async ValueTask<IBlobUpload> BeginAsync(string name, CancellationToken cancellationToken)
        {
            begun.TrySetResult();
            await mayWrite;
            return await base.BeginAsync(name, cancellationToken);
        }
    }

    // A process opens a space and its checkpoint before it looks for those of others.
    private sealed class SeenManifests(IBlobStore inner, TaskCompletionSource seen) : PassingBlobStore(inner)
    {
        private int _looks;

        public override async ValueTask<IReadOnlyList<BlobName>> ListAsync(string prefix, CancellationToken cancellationToken)
        {
            if (prefix == Manifest.Folder && Interlocked.Increment(ref _looks) > 1)
            {
                seen.TrySetResult();
            }

            return await base.ListAsync(prefix, cancellationToken);
        }
    }
}
