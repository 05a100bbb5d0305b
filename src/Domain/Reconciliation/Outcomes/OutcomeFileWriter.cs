using System.Buffers.Binary;
using Cairn.Formats.Segments;
using Cairn.Primitives;

namespace Cairn.Reconciliation.Outcomes;

/// <summary>
/// Writes a range of outcomes as the sections of a file. Beside the segment's buffer it takes 32 bytes of memory a commit while it works,
/// to sort the ids. One call at a time; replay may go on meanwhile.
/// </summary>
internal sealed class OutcomeFileWriter
{
    private readonly SegmentWriter _writer;
    private readonly OutcomeSource _source;
    private readonly List<OutcomePlace> _places = [];
    private Timestamp _lastTime;

    private OutcomeFileWriter(OutcomeSource source, SegmentWriter writer) => (_source, _writer) = (source, writer);

    /// <summary>Writes all sections; the caller finishes the segment.</summary>
    /// <param name="outcomes">With at least one commit.</param>
    /// <param name="writer">Of a segment that holds nothing else.</param>
    /// <param name="cancellationToken">Given to the writer.</param>
    /// <exception cref="CairnException">What the writer throws.</exception>
    public static Task WriteAsync(SealedOutcomes outcomes, SegmentWriter writer, CancellationToken cancellationToken)
    {
        Invariant.Require(outcomes.Count is > 0 and < int.MaxValue / 2, "a file of outcomes has at least one commit");
        return new OutcomeFileWriter(new SealedSource(outcomes), writer).WriteAsync(cancellationToken);
    }

    /// <summary>Writes what several files have into one; the caller finishes the segment.</summary>
    /// <param name="files">In the order of the log; their ranges touch each other.</param>
    /// <param name="writer">Of a segment that holds nothing else.</param>
    /// <param name="cancellationToken">Given to the writer.</param>
    /// <exception cref="CairnException">What the writer throws. Corrupt, Unavailable: a file cannot be read.</exception>
    public static Task MergeAsync(IReadOnlyList<OutcomeFile> files, SegmentWriter writer, CancellationToken cancellationToken) =>
        new OutcomeFileWriter(new MergedSource(files), writer).WriteAsync(cancellationToken);

    private async Task WriteAsync(CancellationToken cancellationToken)
    {
        while (_source.NextChunk() is { } chunk)
        {
            await AddAsync(OutcomeSections.Records, _places.Count, chunk.Records, cancellationToken).ConfigureAwait(false);
            _places.Add(new(chunk.First, chunk.FirstTime, chunk.Count));
            _lastTime = chunk.LastTime;
        }

        await AddAsync(OutcomeSections.Positions, 0, OutcomePlace.ToBytes(_places), cancellationToken).ConfigureAwait(false);
        var (given, made) = (_source.Given, _source.Made);
        await WriteIdsAsync(made, given: false, cancellationToken).ConfigureAwait(false);
        await WriteIdsAsync(given, given: true, cancellationToken).ConfigureAwait(false);
        await WriteFilterAsync(given, cancellationToken).ConfigureAwait(false);
        var range = new OutcomeRange(
            _source.After, _source.End, _places[0].Time, _lastTime, _source.ForgottenBefore, given.Count + made.Count, given.Count);
        await AddAsync(OutcomeSections.Range, 0, range.ToBytes(), cancellationToken).ConfigureAwait(false);
    }

    private async Task WriteIdsAsync(List<CommitIdEntry> entries, bool given, CancellationToken cancellationToken)
    {
        if (entries.Count == 0)
        {
            return;
        }

        entries.Sort();
        var chunks = (entries.Count + OutcomeSections.IdsPerChunk - 1) / OutcomeSections.IdsPerChunk;
        var fences = new byte[(chunks + 1) * CommitKey.LengthBytes];
        for (var chunk = 0; chunk < chunks; chunk++)
        {
            var first = chunk * OutcomeSections.IdsPerChunk;
            BinaryPrimitives.WriteUInt128LittleEndian(fences.AsSpan(chunk * CommitKey.LengthBytes), entries[first].Key);
            var bytes = Ids(entries, first, Math.Min(OutcomeSections.IdsPerChunk, entries.Count - first));
            await AddAsync(OutcomeSections.Ids(given), chunk, bytes, cancellationToken).ConfigureAwait(false);
        }

        BinaryPrimitives.WriteUInt128LittleEndian(fences.AsSpan(chunks * CommitKey.LengthBytes), entries[^1].Key);
        await AddAsync(OutcomeSections.Fences(given), 0, fences, cancellationToken).ConfigureAwait(false);
    }

    private async Task WriteFilterAsync(List<CommitIdEntry> given, CancellationToken cancellationToken)
    {
        var pages = given.Count > 0 ? CommitIdFilter.Of(given).Pages : [];
        for (var i = 0; i < pages.Count; i++)
        {
            await AddAsync(OutcomeSections.Filter, i, CommitIdFilter.ToBytes(pages[i]), cancellationToken).ConfigureAwait(false);
        }
    }

    private static byte[] Ids(List<CommitIdEntry> entries, int first, int count)
    {
        var bytes = new byte[count * OutcomeSections.IdBytes];
        for (var i = 0; i < count; i++)
        {
            entries[first + i].Write(bytes.AsSpan(i * OutcomeSections.IdBytes));
        }

        return bytes;
    }

    // Keys are digests or random, which nothing makes shorter.
    private ValueTask AddAsync(SectionId section, int number, ReadOnlyMemory<byte> bytes, CancellationToken cancellationToken) => _writer.AddAsync(
        section, required: true, (uint)number, bytes, section == OutcomeSections.Records ? CompressionMethod.Brotli : CompressionMethod.Stored, cancellationToken);
}
