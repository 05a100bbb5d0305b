using Cairn.Formats.Segments;
using Cairn.Indexes;
using Cairn.Primitives;
using Cairn.Reconciliation.Compaction;
using Cairn.Snapshots;
using Cairn.Snapshots.Checkpoints;
using Cairn.Snapshots.Derived;
using Cairn.Storage;

namespace Cairn.Reconciliation.Checkpoints;

/// <summary>
/// Writes one segment with what a capture changed, and with what older segments have that they are hardly worth keeping for.
/// </summary>
/// <remarks>
/// A segment is folded into the new one when less than half of it counts, or when it is no larger than what the new one has by then: so sizes at least double
/// from one to the next older, a space has few segments, and a byte is written again about as often as they double.
/// </remarks>
internal sealed class CheckpointWriter(IBlobStore blobs, Func<string> newName, SegmentHeader header, StoredCheckpoint? previous, ulong hashKey)
{
    private readonly SegmentSet _previous = previous?.Segments ?? SegmentSet.Empty;
    private readonly CheckpointState? _before = previous?.State;
    private readonly StoredDerived _derivedBefore = previous?.Derived ?? StoredDerived.None;

    // Of an index: it costs that one, and not the checkpoint.
    private CairnException? _damage;

    /// <summary>Writes what changed; chunks of derived indexes go into a segment of their own.</summary>
    /// <param name="capture">What to write.</param>
    /// <param name="cancellationToken">Ends the writing; nothing is left then that counts.</param>
    public async ValueTask<WrittenCheckpoint> WriteAsync(CheckpointCapture capture, CancellationToken cancellationToken)
    {
        var segment = await NewSegment.BeginAsync(blobs, newName(), header, cancellationToken).ConfigureAwait(false);
        await using (segment.ConfigureAwait(false))
        {
            var state = await WriteSectionsAsync(capture, segment.Output, cancellationToken).ConfigureAwait(false);
            var kept = await FoldAsync(_previous, new(state), static (_, _) => false, segment.Output, cancellationToken).ConfigureAwait(false);
            var (derived, derivedBytes) = await WriteDerivedAsync(capture.Snapshot, cancellationToken).ConfigureAwait(false);
            await segment.AddAsync(StoredCheckpoint.StateSection, isRequired: true, CheckpointStateCodec.Write(state), cancellationToken).ConfigureAwait(false);
            foreach (var index in derived.States)
            {
                await segment.AddAsync(DerivedState.SectionOf(index.Number), isRequired: false, DerivedStateCodec.Write(index, state.Position), cancellationToken).ConfigureAwait(false);
            }

            var written = await segment.FinishAsync(cancellationToken).ConfigureAwait(false);
            return new(new([written, .. kept]), state, derived, written.LengthBytes + derivedBytes, _damage);
        }
    }

    /// <summary>Writes a segment that holds all but dead rows and unused keys; rows are numbered anew in it. Indexes that are derived of rows go by their numbers: it has none.</summary>
    /// <inheritdoc cref="WriteAsync"/>
    public async ValueTask<WrittenCheckpoint> WriteCompactedAsync(CheckpointCapture capture, CancellationToken cancellationToken)
    {
        var segment = await NewSegment.BeginAsync(blobs, newName(), header, cancellationToken).ConfigureAwait(false);
        await using (segment.ConfigureAwait(false))
        {
            var state = await CompactedSections.WriteAsync(capture, previous, hashKey, segment.Output, cancellationToken).ConfigureAwait(false);
            await segment.AddAsync(StoredCheckpoint.StateSection, isRequired: true, CheckpointStateCodec.Write(state), cancellationToken).ConfigureAwait(false);
            var written = await segment.FinishAsync(cancellationToken).ConfigureAwait(false);
            return new(new([written]), state, StoredDerived.None, written.LengthBytes, null);
        }
    }

    private async ValueTask<CheckpointState> WriteSectionsAsync(CheckpointCapture capture, ChunkOutput output, CancellationToken cancellationToken)
    {
        var (snapshot, state) = (capture.Snapshot, capture.State(hashKey));
        for (var table = 0; table < capture.Tables.Count; table++)
        {
            await KeySections.WriteAsync(capture.Tables[table], _before?.Keys[table], _previous, output, cancellationToken).ConfigureAwait(false);
        }

        foreach (var (rows, before) in capture.Rows.Zip([_before?.Concepts, _before?.Associations]))
        {
            await RowSections.WriteAsync(rows, _previous, output, cancellationToken).ConfigureAwait(false);
            foreach (var dictionary in rows.Dictionaries)
            {
                var column = (int)(dictionary.Number & 0xFFFF) - HeaderColumn.FirstAttribute;
                KeyTableExtent? extent = before is not null && column < before.Columns.Count ? before.Columns[column].Dictionary : null;
                await KeySections.WriteAsync(dictionary, extent, _previous, output, cancellationToken).ConfigureAwait(false);
            }
        }

        await RowSections.WriteZonesAsync(capture.Rows.First(), _previous, output, cancellationToken).ConfigureAwait(false);
        await KeySections.WriteAssociationsAsync(snapshot, _before?.Associations.RowCount ?? 0, _previous, output, cancellationToken).ConfigureAwait(false);
        var adjacencyRows = await AdjacencySections.WriteAsync(snapshot, _before, _previous, output, cancellationToken).ConfigureAwait(false);
        await OrderSection.WriteAsync(snapshot, _before?.Concepts.RowCount ?? 0, _previous, output, cancellationToken).ConfigureAwait(false);
        await output.FlushAsync(cancellationToken).ConfigureAwait(false);
        return state with { AdjacencyRows = adjacencyRows };
    }

    private async ValueTask<(StoredDerived Derived, long WrittenBytes)> WriteDerivedAsync(Snapshot snapshot, CancellationToken cancellationToken)
    {
        var (states, output) = (new List<DerivedState>(), new LaterSegment(() => NewSegment.BeginAsync(blobs, newName(), header, cancellationToken)));
        await using (output.ConfigureAwait(false))
        {
            foreach (var index in snapshot.Shared.AllDerived.OrderBy(static index => index.Number))
            {
                await WriteDerivedAsync(index, snapshot, states, output, cancellationToken).ConfigureAwait(false);
            }

            if (output.Segment is not { } segment)
            {
                return (states.Count == 0 ? StoredDerived.None : new(states, _derivedBefore.Files), 0);
            }

            bool LeavesOut(SectionId section, CairnException damaged) => TryLeaveOut(states, section, damaged, snapshot.Shared);
            var known = await OpenKnownAsync(states, snapshot.Shared, cancellationToken).ConfigureAwait(false);
            var kept = await FoldAsync(known, LiveChunks.Of(states), LeavesOut, segment.Output, cancellationToken).ConfigureAwait(false);
            var written = await segment.FinishAsync(cancellationToken).ConfigureAwait(false);
            return (new(states, IndexFiles.Of(new([written, .. kept]))), written.LengthBytes);
        }
    }

    // Damage of an index, or of rows that it reads, costs the index: without the checkpoint the space would take no writes after a while. It is made anew when somebody searches.
    private async ValueTask WriteDerivedAsync(DerivedIndex index, Snapshot snapshot, List<DerivedState> states, IChunkOutput output, CancellationToken cancellationToken)
    {
        try
        {
            var before = _derivedBefore.States.FirstOrDefault(state => state.Number == index.Number);
            if (await index.WriteAsync(snapshot, before, output, cancellationToken).ConfigureAwait(false) is { } state)
            {
                states.Add(state);
            }
        }
        catch (CairnException damaged) when (damaged.Kind == ErrorKind.Corrupt)
        {
            _damage ??= damaged;
            snapshot.Shared.Replace(index);
        }
    }

    private async ValueTask<SegmentSet> OpenKnownAsync(List<DerivedState> states, SharedIndexes shared, CancellationToken cancellationToken)
    {
        try
        {
            return await _derivedBefore.Files.OpenAsync(cancellationToken).ConfigureAwait(false);
        }
        catch (CairnException damaged) when (damaged.Kind == ErrorKind.Corrupt)
        {
            _damage ??= damaged;
            states.ForEach(state => shared.Replace(shared.Derived(state.Number)!));
            states.Clear();
            return SegmentSet.Empty;
        }
    }

    // What of it is in the new segment by then does not count.
    private bool TryLeaveOut(List<DerivedState> states, SectionId section, CairnException damaged, SharedIndexes shared)
    {
        if (states.Find(state => state.Content.Sections.Any(stored => stored.Section == section)) is not { } index)
        {
            return false;
        }

        _damage ??= damaged;
        states.Remove(index);
        shared.Replace(shared.Derived(index.Number)!);
        return true;
    }

    private static async ValueTask<List<StoredSegment>> FoldAsync(
        SegmentSet previous, LiveChunks live, Func<SectionId, CairnException, bool> leavesOut, ChunkOutput output, CancellationToken cancellationToken)
    {
        var kept = new List<StoredSegment>();
        var seen = new HashSet<(SectionId, int)>();
        foreach (var segment in previous.Segments)
        {
            var (chunks, liveBytes, allBytes) = Live(segment, live, output, seen);
            if (liveBytes == 0)
            {
                continue;
            }

            if (liveBytes >= allBytes / 2 && liveBytes > output.StoredBytes)
            {
                kept.Add(segment);
                continue;
            }

            foreach (var (section, chunk) in chunks)
            {
                await CopyAsync(segment, section, chunk, leavesOut, output, cancellationToken).ConfigureAwait(false);
            }
        }

        return kept;
    }

    private static async ValueTask CopyAsync(
        StoredSegment segment, SectionId section, ChunkEntry chunk, Func<SectionId, CairnException, bool> leavesOut, ChunkOutput output, CancellationToken cancellationToken)
    {
        try
        {
            await output.CopyAsync(section, segment, chunk, cancellationToken).ConfigureAwait(false);
        }
        catch (CairnException damaged) when (damaged.Kind == ErrorKind.Corrupt && leavesOut(section, damaged))
        {
        }
    }

    // What no newer segment has.
    private static (List<(SectionId, ChunkEntry)> Chunks, long LiveBytes, long AllBytes) Live(
        StoredSegment segment, LiveChunks live, ChunkOutput output, HashSet<(SectionId, int)> seen)
    {
        var (chunks, liveBytes, allBytes) = (new List<(SectionId, ChunkEntry)>(), 0L, 0L);
        foreach (var section in segment.File.Sections)
        {
            for (var i = 0; i < section.ChunkCount; i++)
            {
                var chunk = segment.File.Chunk(section, i);
                allBytes += chunk.StoredBytes;
                if (live.Has(section.Id, chunk.Number) && !output.Has(section.Id, (int)chunk.Number) && seen.Add((section.Id, (int)chunk.Number)))
                {
                    liveBytes += chunk.StoredBytes;
                    chunks.Add((section.Id, chunk));
                }
            }
        }

        return (chunks, liveBytes, allBytes);
    }

    /// <summary>A segment that is begun with its first chunk.</summary>
    private sealed class LaterSegment(Func<ValueTask<NewSegment>> begin) : IChunkOutput, IAsyncDisposable
    {
        /// <summary>Null: there was no chunk yet.</summary>
        public NewSegment? Segment { get; private set; }

        public async ValueTask AddAsync(SectionId section, int number, byte[] raw, CancellationToken cancellationToken)
        {
            Segment ??= await begin().ConfigureAwait(false);
            await Segment.Output.AddAsync(section, number, raw, cancellationToken).ConfigureAwait(false);
        }

        public ValueTask DisposeAsync() => Segment?.DisposeAsync() ?? default;
    }
}

/// <summary>What was written of a checkpoint.</summary>
/// <param name="Segments">Its segments, newest first.</param>
/// <param name="State">Its small parts.</param>
/// <param name="Derived">The indexes that it holds.</param>
/// <param name="WrittenBytes">Bytes of the new segments.</param>
/// <param name="Damage">What was damaged of an index, which was left out; null: nothing.</param>
internal sealed record WrittenCheckpoint(SegmentSet Segments, CheckpointState State, StoredDerived Derived, long WrittenBytes, CairnException? Damage);
