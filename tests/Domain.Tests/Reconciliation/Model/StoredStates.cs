using Cairn.Domain.Tests.Reconciliation.Outcomes;
using Cairn.Formats.Segments;
using Cairn.Indexes;
using Cairn.Primitives;
using Cairn.Reconciliation;
using Cairn.Reconciliation.Checkpoints;
using Cairn.Reconciliation.Outcomes;
using Cairn.Snapshots.Checkpoints;
using Cairn.Storage;

namespace Cairn.Domain.Tests.Reconciliation.Model;

/// <summary>Stores states as checkpoints in memory, each as what changed since the one before, and opens the newest.</summary>
internal sealed class StoredStates(Incarnation life, ulong hashKey, IndexCapacity? capacity = null)
{
    private static readonly SpaceName Name = SpaceName.Parse("demo");
    private readonly List<OutcomeFile> _files = [];
    private IBlobStore? _blobs;
    private StoredCheckpoint? _newest;
    private long _count;

    /// <summary>Frames before the last checkpoint; −1: there is none.</summary>
    public int Frames { get; private set; } = -1;

    /// <summary>Where the last of them ends.</summary>
    public long Offset { get; private set; }

    public void Store(SpaceState state, CommitApplier applier, int frames, long offset, bool compacts = false)
    {
        if (_blobs is null)
        {
            var store = new MemorySpaceStore();
            Wait(store.CreateAsync(new(Name, life, default), CancellationToken.None));
            _blobs = store.OpenBlobs(new(Name, life, default));
        }

        (Frames, Offset) = (frames, offset);
        var capture = CheckpointCapture.Take(state, state.Publish(), applier);
        var header = new SegmentHeader(life, capture.Snapshot.Position, 1);
        var names = 0;
        _count++;
        var writer = new CheckpointWriter(_blobs, () => $"segments/{_count}-{++names}.seg", header, _newest, hashKey);
        var written = Wait(compacts
            ? writer.WriteCompactedAsync(capture, CancellationToken.None)
            : writer.WriteAsync(capture, CancellationToken.None));
        if (capture.Outcomes.Count > 0)
        {
            _files.Add(StoredOutcomes.Store(capture.Outcomes, applier.Memory.Cache));
            applier.Memory.Stored(_files[^1]);
        }

        _newest = new(
            new()
            {
                Number = _count,
                Epoch = 1,
                Incarnation = life,
                Position = written.State.Position,
                LogAppends = 0,
                WrittenAt = default,
                Segments = [.. written.Segments.Segments.Select(segment => new StoredFile(segment.File.Name, segment.LengthBytes))],
                Outcomes = [],
                Indexes = written.Derived.Files.Names,
                Kept = [],
            },
            written.Segments,
            written.State,
            written.Derived);
        capture.Snapshot.Shared.Stored(written.Derived, capture.Snapshot);
        Assert.All(new LiveChunks(written.State).All, chunk => Assert.True(written.Segments.TryFind(chunk.Section, chunk.Number, out _, out _), $"{chunk} is in no segment"));
    }

    /// <summary>Reads the manifest and the segments again, as another process does.</summary>
    public (SpaceState State, CommitApplier Applier) Open()
    {
        var manifest = ManifestCodec.Read(ManifestCodec.Write(_newest!.Manifest), "manifest");
        _newest = Wait(StoredCheckpoint.OpenAsync(_blobs!, manifest, CancellationToken.None));
        var (stored, memory) = (_newest.State!, new CommitMemory(new(hashKey)) { KeepsAll = true });
        memory.Restore(_files, stored.Position, stored.ForgottenBefore);
        var state = new SpaceState(life, new(hashKey), capacity, stored: StoredSpace.Of(stored, _newest.Segments, _newest.Derived));
        return (state, new(state, memory, WriterTable.Of(stored.Writers), OriginTable.Of(stored.Origins), stored.Operations));
    }

    // Everything in memory completes at once.
    private static T Wait<T>(ValueTask<T> task) => task.AsTask().GetAwaiter().GetResult();
}
