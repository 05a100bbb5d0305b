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
/// Invariants: what is asked for by position (snapshots, remembered commits) only goes forward, also when another state is adopted; a state belongs to one reconciler.
/// </summary>
internal sealed class Reconciler
{
    /// <summary>Row groups per column that each publish looks through for sparse chunks; more after more operations.</summary>
    private const int CompactedRowGroups = 8;
    private const int OperationsPerCompactedRowGroup = 64;

    private readonly ReadView _view;
    private readonly Lock _turn = new();
    private volatile SpaceState _state;
    private volatile CommitApplier _applier;
    private TaskCompletionSource<CheckpointCapture>? _generationCapture;
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
        var origins = stored is null ? null : OriginTable.Of(stored.State.Origins);
        _applier = new(_state, new(hash) { KeepsAll = isStored }, writers, origins, stored?.State.Operations ?? 0);
        _operationsPublished = _applier.Operations;
        _view = new(_state.Publish());
    }

    /// <summary>To be held while a group is applied: a checkpoint is taken between groups.</summary>
    public Lock Turn => _turn;

    /// <summary>The newest snapshot.</summary>
    public Snapshot Newest => _view.Newest;

    /// <summary>Commits by id. Thread-safe.</summary>
    public CommitMemory Memory => _applier.Memory;

    /// <summary>How far each partition of a hub was applied. Thread-safe.</summary>
    public OriginTable Origins => _applier.Origins;

    /// <summary>Snapshots published.</summary>
    public long Rounds { get; private set; }

    /// <summary>Operations applied.</summary>
    public long Operations => _applier.Operations;

    /// <summary>Concepts removed by purges since this began, whatever state it held.</summary>
    public long Purged => _applier.Purged;

    /// <summary>Embeddings kept since this began.</summary>
    public long Embedded => _applier.Embedded;

    /// <summary>Operations applied since the last publish.</summary>
    public long Unpublished => _applier.Operations - _operationsPublished;

    /// <summary>Bytes of the newest snapshot, the indexes and the remembered commits, about. Any thread.</summary>
    public long MemoryBytes => Newest.TableBytes + _state.Shared.Bytes + _applier.Memory.Bytes;

    /// <summary>An index of the concepts took long to build, and no checkpoint holds it. Any thread.</summary>
    public bool HasUnstoredIndex => _state.Shared.WantStoring;

    /// <summary>Applies a frame. If it throws, half of the frame may be applied: nothing is published or captured any more.</summary>
    public CommitOutcome? Apply(in LogFrame frame)
    {
        try
        {
            var generations = _applier.Generations;
            var outcome = _applier.Apply(frame.View, frame.Position);
            if (_applier.Generations > generations && _generationCapture is not null)
            {
                CaptureGeneration();
            }

            return outcome;
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

    /// <summary>
    /// Takes what a checkpoint is made of right behind the next generation frame: what is dead or unused there counts no more, so a checkpoint without it must be of
    /// that very position. One at a time; <see cref="EndGenerationCapture"/> ends the waiting.
    /// </summary>
    public Task<CheckpointCapture> CaptureGenerationAsync()
    {
        lock (_turn)
        {
            Invariant.Require(_generationCapture is null, "one generation change at a time");
            _generationCapture = new(TaskCreationOptions.RunContinuationsAsynchronously);
            return _generationCapture.Task;
        }
    }

    /// <summary>Waits no longer for a generation frame; what was captured at one is given back.</summary>
    /// <param name="captured">From <see cref="CaptureGenerationAsync"/>.</param>
    public void EndGenerationCapture(Task<CheckpointCapture> captured)
    {
        lock (_turn)
        {
            _generationCapture = null;
            if (captured.IsCompletedSuccessfully)
            {
                captured.Result.Return();
            }
        }
    }

    /// <summary>
    /// Goes on with the state of another reconciler of the same space, at this one's position or behind it, and shows it to readers; those who hold an older snapshot keep
    /// it. Nothing may be appended or applied meanwhile that the other one lacks. The other one must not be used any more.
    /// </summary>
    /// <param name="other">The other one.</param>
    /// <param name="withMemory">The remembered commits become the other's, and whoever stores them must be told; else they stay this one's, which are the same.</param>
    public void Adopt(Reconciler other, bool withMemory)
    {
        lock (_turn)
        {
            lock (other._turn)
            {
                Invariant.Require(!_isBroken && !other._isBroken, "the state is not used after a failed replay");
                Invariant.Require(other._state.Position == _state.Position, "a space neither goes back nor leaves anything out");
                Invariant.Require(other._state.Shared.Incarnation == _state.Shared.Incarnation, "the state belongs to another space");
                var memory = withMemory ? other._applier.Memory : _applier.Memory;
                (_applier, _state) = (other._applier.Continue(memory, _applier.Purged), other._state);
                other._isBroken = true;
                PublishApplied();
            }
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

    private void CaptureGeneration()
    {
        PublishApplied();
        _generationCapture!.TrySetResult(CheckpointCapture.Take(_state, Newest, _applier));
        _generationCapture = null;
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
    public Task<bool> WaitForAsync(LogPosition position, TimeSpan wait, TimeProvider time, CancellationToken cancellationToken) =>
        Newest.Position >= position ? Task.FromResult(true) : WaitUntilAsync(() => Newest.Position >= position, wait, time, cancellationToken);

    /// <summary>Waits until something holds; looks now and behind each publish.</summary>
    /// <returns>False: not within the wait.</returns>
    public async Task<bool> WaitUntilAsync(Func<bool> holds, TimeSpan wait, TimeProvider time, CancellationToken cancellationToken)
    {
        using var limit = new CancellationTokenSource(wait, time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(limit.Token, cancellationToken);
        Interlocked.Increment(ref _awaited);
        try
        {
            while (true)
            {
                // Taken before the look at the view: a publish in between has either completed it or is seen by the look.
                var next = Volatile.Read(ref _nextPublish).Task;
                if (holds())
                {
                    return true;
                }

                await next.WaitAsync(either.Token).ConfigureAwait(false);
            }
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            return holds();
        }
        finally
        {
            Interlocked.Decrement(ref _awaited);
        }
    }
}
