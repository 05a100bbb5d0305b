using Cairn.Formats.Segments;
using Cairn.Indexes;
using Cairn.Primitives;
using Cairn.Reconciliation.Compaction;
using Cairn.Snapshots.Checkpoints;
using Cairn.Storage;

namespace Cairn.Reconciliation.Checkpoints;

/// <summary>
/// Writes one segment with what a capture changed, and with what older segments have that they are hardly worth keeping for.
/// </summary>
/// <remarks>
/// A segment is folded into the new one when less than half of it counts, or when it is no larger than what the new one has by then: so sizes at least double
/// from one to the next older, a space has few segments, and a byte is written again about as often as they double.
/// </remarks>
internal sealed class CheckpointWriter(IBlobStore blobs, StoredCheckpoint? previous, ulong hashKey)
{
    private readonly SegmentSet _previous = previous?.Segments ?? SegmentSet.Empty;
    private readonly CheckpointState? _before = previous?.State;

    /// <summary>Writes the segment.</summary>
    /// <param name="capture">What to write.</param>
    /// <param name="name">The segment's blob; nobody else uses it.</param>
    /// <param name="header">What it says of itself.</param>
    /// <param name="cancellationToken">Ends the writing; nothing is left then.</param>
    /// <returns>The segments of the checkpoint, newest first, its small parts, and the bytes written.</returns>
    public ValueTask<(SegmentSet Segments, CheckpointState State, long WrittenBytes)> WriteAsync(
        CheckpointCapture capture, string name, SegmentHeader header, CancellationToken cancellationToken) =>
        WriteAsync(
            name,
            header,
            async output =>
            {
                var state = await WriteSectionsAsync(capture, output, cancellationToken).ConfigureAwait(false);
                return (state, await FoldAsync(state, output, cancellationToken).ConfigureAwait(false));
            },
            cancellationToken);

    /// <summary>Writes a segment that holds all but dead rows and unused keys; rows are numbered anew in it.</summary>
    /// <inheritdoc cref="WriteAsync(CheckpointCapture, string, SegmentHeader, CancellationToken)"/>
    public ValueTask<(SegmentSet Segments, CheckpointState State, long WrittenBytes)> WriteCompactedAsync(
        CheckpointCapture capture, string name, SegmentHeader header, CancellationToken cancellationToken) =>
        WriteAsync(name, header, async output => (await CompactedSections.WriteAsync(capture, previous, hashKey, output, cancellationToken).ConfigureAwait(false), []), cancellationToken);

    private async ValueTask<(SegmentSet Segments, CheckpointState State, long WrittenBytes)> WriteAsync(
        string name, SegmentHeader header, Func<ChunkOutput, ValueTask<(CheckpointState State, List<StoredSegment> Kept)>> write, CancellationToken cancellationToken)
    {
        var upload = await blobs.BeginAsync(name, cancellationToken).ConfigureAwait(false);
        await using (upload.ConfigureAwait(false))
        {
            var writer = new SegmentWriter(header, upload.WriteAsync);
            var output = new ChunkOutput(writer);
            var (state, kept) = await write(output).ConfigureAwait(false);
            await output.FlushAsync(cancellationToken).ConfigureAwait(false);
            await WriteStateAsync(state, writer, cancellationToken).ConfigureAwait(false);
            var writtenBytes = await writer.FinishAsync(cancellationToken).ConfigureAwait(false);
            await upload.CommitAsync(cancellationToken).ConfigureAwait(false);
            var segment = await StoredSegment.OpenAsync(blobs, name, header.Incarnation, SegmentSet.IsKnown, cancellationToken).ConfigureAwait(false);
            return (new([segment, .. kept]), state, writtenBytes);
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
                var column = (int)(dictionary.Number & 0xFFFF) - Snapshots.HeaderColumn.FirstAttribute;
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

    private async ValueTask<List<StoredSegment>> FoldAsync(CheckpointState state, ChunkOutput output, CancellationToken cancellationToken)
    {
        var (live, kept) = (new LiveChunks(state), new List<StoredSegment>());
        var seen = new HashSet<(SectionId, int)>();
        foreach (var segment in _previous.Segments)
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
                await output.CopyAsync(section, segment, chunk, cancellationToken).ConfigureAwait(false);
            }
        }

        return kept;
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

    private static async ValueTask WriteStateAsync(CheckpointState state, SegmentWriter writer, CancellationToken cancellationToken)
    {
        var bytes = CheckpointStateCodec.Write(state);
        for (var (at, number) = (0, 0u); at < bytes.Length; at += StoredCheckpoint.StateChunkBytes, number++)
        {
            var chunk = bytes.AsMemory(at, Math.Min(StoredCheckpoint.StateChunkBytes, bytes.Length - at));
            await writer.AddAsync(StoredCheckpoint.StateSection, required: true, number, chunk, CompressionMethod.Stored, cancellationToken).ConfigureAwait(false);
        }
    }
}
