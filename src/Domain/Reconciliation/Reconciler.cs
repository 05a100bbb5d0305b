using Cairn.Indexes;
using Cairn.Log;
using Cairn.Model;
using Cairn.Primitives;
using Cairn.Reconciliation.Checkpoints;
using Cairn.Snapshots;
using Cairn.Snapshots.Checkpoints;

namespace Cairn.Reconciliation;

/// <summary>
/// Applies durable groups to the state and publishes snapshots. One thread at a time applies and publishes; any thread reads.
/// </summary>
internal sealed class Reconciler
{
    /// <summary>Row groups per column that each publish looks through for sparse chunks; more after more operations.</summary>
    private const int CompactedRowGroups = 8;
    private const int OperationsPerCompactedRowGroup = 64;

    private readonly SpaceState _state;
    private readonly CommitApplier _applier;
    private readonly ReadView _view;
    private readonly Lock _turn = new();
    private TaskCompletionSource _nextPublish = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private long _operationsPublished;
    private bool _isBroken;
    private int _awaited;

    /// <param name="incarnation">The life of the space.</param>
    /// <param name="hash">Spreads keys.</param>
    /// <param name="capacity">Null: the default.</param>
    /// <param name="stored">The checkpoint to begin with, hashed alike; null: none.</param>
    /// <param name="isStored">Checkpoints will be made, which outcomes are kept for.</param>
    public Reconciler(Incarnation incarnation, KeyedHash hash, IndexCapacity? capacity = null, StoredSpace? stored = null, bool isStored = false)
    {
        _state = new(incarnation, hash, capacity, stored);
        var writers = stored is null ? null : WriterTable.Of(stored.State.Writers);
        _applier = new(_state, new(hash) { KeepsAll = isStored }, writers, stored?.State.Operations ?? 0);
        _operationsPublished = _applier.Operations;
        _view = new(_state.Publish());
    }

    /// <summary>To be held while a group is applied: a checkpoint is taken between groups.</summary>
    public Lock Turn => _turn;

    /// <summary>The newest snapshot.</summary>
    public Snapshot Newest => _view.Newest;

    /// <summary>Commits by id. Thread-safe.</summary>
    public CommitMemory Memory => _applier.Memory;

    /// <summary>Snapshots published.</summary>
    public long Rounds { get; private set; }

    /// <summary>Operations applied.</summary>
    public long Operations => _applier.Operations;

    /// <summary>Concepts removed by purges.</summary>
    public long Purged => _applier.Purged;

    /// <summary>Operations applied since the last publish.</summary>
    public long Unpublished => _applier.Operations - _operationsPublished;

    /// <summary>Bytes of the newest snapshot, the indexes and the remembered commits, about. Any thread.</summary>
    public long MemoryBytes => Newest.TableBytes + _state.Shared.Bytes + _applier.Memory.Bytes;

    /// <summary>Applies a frame. If it throws, half of the frame may be applied: nothing is published or captured any more.</summary>
    public CommitOutcome? Apply(in LogFrame frame)
    {
        try
        {
            return _applier.Apply(frame.View, frame.Position);
        }
        catch
        {
            _isBroken = true;
            throw;
        }
    }

    /// <summary>Shows readers what was applied.</summary>
    public void Publish()
    {
        lock (_turn)
        {
            PublishApplied();
        }
    }

    /// <summary>Takes what a checkpoint is made of. Any thread; waits for the group that is being applied, and groups wait for it some milliseconds.</summary>
    public CheckpointCapture Capture()
    {
        lock (_turn)
        {
            Invariant.Require(!_isBroken, "the state is not used after a failed replay");
            if (_state.Position != Newest.Position)
            {
                PublishApplied();
            }

            return CheckpointCapture.Take(_state, Newest, _applier);
        }
    }

    /// <summary>Gives a capture back that was not stored.</summary>
    public void Return(CheckpointCapture capture)
    {
        lock (_turn)
        {
            capture.Return();
        }
    }

    private void PublishApplied()
    {
        Invariant.Require(!_isBroken, "the state is not used after a failed replay");
        var rowGroups = CompactedRowGroups + (int)Math.Min(int.MaxValue / 2, Unpublished / OperationsPerCompactedRowGroup);
        _state.Concepts.Compact(rowGroups);
        _state.Associations.Compact(rowGroups);
        _operationsPublished = _applier.Operations;
        Rounds++;
        _view.Publish(_state.Publish());

        // The publish must be seen before the count is read: a waiter counts itself first and looks at the view then.
        Interlocked.MemoryBarrier();
        if (Volatile.Read(ref _awaited) > 0)
        {
            Interlocked.Exchange(ref _nextPublish, new(TaskCreationOptions.RunContinuationsAsynchronously)).TrySetResult();
        }
    }

    /// <summary>Waits until the newest snapshot has reached a position.</summary>
    /// <returns>False: not within the wait.</returns>
    public async Task<bool> WaitForAsync(LogPosition position, TimeSpan wait, TimeProvider time, CancellationToken cancellationToken)
    {
        if (Newest.Position >= position)
        {
            return true;
        }

        using var limit = new CancellationTokenSource(wait, time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(limit.Token, cancellationToken);
        Interlocked.Increment(ref _awaited);
        try
        {
            while (true)
            {
                // Taken before the look at the view: a publish in between has either completed it or is seen by the look.
                var next = Volatile.Read(ref _nextPublish).Task;
                if (Newest.Position >= position)
                {
                    return true;
                }

                await next.WaitAsync(either.Token).ConfigureAwait(false);
            }
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            return Newest.Position >= position;
        }
        finally
        {
            Interlocked.Decrement(ref _awaited);
        }
    }
}
