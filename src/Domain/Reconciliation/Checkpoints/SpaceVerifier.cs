using Cairn.Diagnostics;
using Cairn.Formats;
using Cairn.Log;
using Cairn.Primitives;
using Cairn.Reconciliation.Outcomes;
using Cairn.Snapshots.Checkpoints;
using Cairn.Storage;

namespace Cairn.Reconciliation.Checkpoints;

/// <summary>What was found whole.</summary>
/// <param name="Frames">Frames of the log.</param>
/// <param name="LogBytes">Bytes of the log.</param>
/// <param name="TornBytes">Bytes of a torn last write behind them, which the next start cuts off; 0 if there is none.</param>
/// <param name="Checkpoints">Checkpoints.</param>
/// <param name="Segments">Segments, those of outcomes among them.</param>
/// <param name="Chunks">Their chunks.</param>
/// <param name="SegmentBytes">Their bytes.</param>
public readonly record struct VerificationReport(long Frames, long LogBytes, long TornBytes, int Checkpoints, int Segments, long Chunks, long SegmentBytes);

/// <summary>Reads all that a closed space has, log and checkpoints, and verifies every checksum. Changes nothing.</summary>
/// <param name="spaces">Holds the space; nobody else may have it open.</param>
/// <param name="record">The space.</param>
/// <param name="observer">Hears of the progress in the log.</param>
public sealed class SpaceVerifier(ISpaceStore spaces, SpaceRecord record, ILogObserver observer)
{
    private long _frames;
    private long _logBytes;
    private LogPosition _logEnd;
    private int _firstFile;

    /// <summary>Verifies.</summary>
    /// <exception cref="CairnException">Corrupt: the first damage that is met; the message names file and offset.</exception>
    public async Task<VerificationReport> RunAsync(CancellationToken cancellationToken)
    {
        var tornBytes = await ReadLogAsync(cancellationToken).ConfigureAwait(false);
        var blobs = spaces.OpenBlobs(record);
        await using (blobs.ConfigureAwait(false))
        {
            var (manifests, segments) = await FindFilesAsync(blobs, cancellationToken).ConfigureAwait(false);
            RequireFit(manifests);
            var (chunks, bytes) = (0L, 0L);
            foreach (var name in segments)
            {
                var segment = await StoredSegment.OpenAsync(blobs, name, record.Incarnation, IsKnown, cancellationToken).ConfigureAwait(false);
                chunks += ReadChunks(segment, cancellationToken);
                bytes += segment.LengthBytes;
            }

            return new(_frames, _logBytes, tornBytes, manifests.Count, segments.Count, chunks, bytes);
        }
    }

    // What a checkpoint holds came from the log, which goes on behind it and reaches back to the oldest that is kept.
    private void RequireFit(List<Manifest> manifests)
    {
        foreach (var manifest in manifests)
        {
            if (manifest.Position > _logEnd || (manifest.Position > LogPosition.Zero && manifest.Position.File < _firstFile))
            {
                throw new CairnException(
                    ErrorKind.Corrupt, $"{manifest.Name} is of position {manifest.Position}, and the log goes from file {_firstFile} to {_logEnd}");
            }
        }
    }

    private static bool IsKnown(ushort kind) => SegmentSet.IsKnown(kind) || OutcomeSections.IsKnown(kind);

    private static long ReadChunks(StoredSegment segment, CancellationToken cancellationToken)
    {
        var chunks = 0L;
        foreach (var section in segment.File.Sections)
        {
            for (var i = 0; i < section.ChunkCount; i++, chunks++)
            {
                cancellationToken.ThrowIfCancellationRequested();
                segment.File.Read(segment.File.Chunk(section, i));
            }
        }

        return chunks;
    }

    // Of each kept checkpoint: its manifest, its segments, and in them every chunk that its state counts.
    private async ValueTask<(List<Manifest> Manifests, SortedSet<string> Segments)> FindFilesAsync(IBlobStore blobs, CancellationToken cancellationToken)
    {
        var store = new ManifestStore(blobs, record.Incarnation);
        var (manifests, segments) = (new List<Manifest>(), new SortedSet<string>(StringComparer.Ordinal));
        if (await store.FindNewestAsync(cancellationToken).ConfigureAwait(false) is not { } newest)
        {
            return (manifests, segments);
        }

        foreach (var number in newest.Kept.Select(static kept => kept.Number).Append(newest.Number))
        {
            var manifest = await store.FindAsync(number, cancellationToken).ConfigureAwait(false)
                ?? throw new CairnException(ErrorKind.Corrupt, $"{Manifest.NameOf(number)} is missing, which {newest.Name} keeps");
            manifests.Add(manifest);
            var checkpoint = await StoredCheckpoint.OpenAsync(blobs, manifest, cancellationToken).ConfigureAwait(false);
            if (checkpoint.State is { } state)
            {
                RequireAll(new LiveChunks(state), checkpoint.Segments, manifest);
                RequireAll(LiveChunks.Of(checkpoint.Derived.States), await checkpoint.Derived.Files.OpenAsync(cancellationToken).ConfigureAwait(false), manifest);
            }

            segments.UnionWith(manifest.Files.Select(static file => file.Name));
        }

        return (manifests, segments);
    }

    private static void RequireAll(LiveChunks live, SegmentSet segments, Manifest manifest)
    {
        foreach (var (section, chunk) in live.All)
        {
            if (!segments.TryFind(section, chunk, out _, out _))
            {
                throw new CairnException(ErrorKind.Corrupt, $"{manifest.Name}: no segment that it names has section {section}, chunk {chunk}");
            }
        }
    }

    private async ValueTask<long> ReadLogAsync(CancellationToken cancellationToken)
    {
        var store = new UncutLog(spaces.OpenLog(record));
        await using (store.ConfigureAwait(false))
        {
            var files = await store.ListFilesAsync(cancellationToken).ConfigureAwait(false);
            var start = files is [> 0 and var first, ..] ? new LogStart(LogPosition.Of(first, LogFileHeader.LengthBytes), Timestamp.Min, 0) : default;
            var tail = await new LogScan(store, record.Incarnation, observer, start, CountAsync).RunAsync(cancellationToken).ConfigureAwait(false);
            (_logBytes, _logEnd, _firstFile) = (tail.TotalBytes, tail.Position, files.Count > 0 ? files[0] : 0);
            return store.TornBytes;
        }
    }

    private ValueTask CountAsync(LogGroup group, CancellationToken cancellationToken)
    {
        _frames += group.FrameCount;
        return default;
    }

    /// <summary>A log whose torn tail is told and left.</summary>
    private sealed class UncutLog(ILogStore store) : ILogStore
    {
        public long TornBytes { get; private set; }

        public int MaxAppendsPerFile => store.MaxAppendsPerFile;

        public long MaxFileBytes => store.MaxFileBytes;

        public bool IsSoleWriter => store.IsSoleWriter;

        public TimeSpan ClockLead => store.ClockLead;

        public ValueTask<IReadOnlyList<int>> ListFilesAsync(CancellationToken cancellationToken) => store.ListFilesAsync(cancellationToken);

        public ValueTask<int> ReadAsync(int file, long offset, Memory<byte> buffer, CancellationToken cancellationToken) => store.ReadAsync(file, offset, buffer, cancellationToken);

        public ValueTask<long> GetLengthAsync(int file, CancellationToken cancellationToken) => store.GetLengthAsync(file, cancellationToken);

        public async ValueTask<bool> TryCutAsync(int file, long offset, CancellationToken cancellationToken)
        {
            TornBytes = await store.GetLengthAsync(file, cancellationToken).ConfigureAwait(false) - offset;
            return true;
        }

        public ValueTask<bool> CreateFileAsync(int file, ReadOnlyMemory<byte> header, CancellationToken cancellationToken) => throw ReadOnly();

        public ValueTask<long> AppendAsync(int file, ReadOnlyMemory<byte> bytes, CancellationToken cancellationToken) => throw ReadOnly();

        public ValueTask<bool> DeleteFileAsync(int file, CancellationToken cancellationToken) => throw ReadOnly();

        public ValueTask DisposeAsync() => store.DisposeAsync();

        private static CairnException ReadOnly() => new(ErrorKind.Internal, "a verification changes nothing");
    }
}
