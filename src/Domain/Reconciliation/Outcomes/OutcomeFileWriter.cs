using System.Buffers.Binary;
using Cairn.Formats.Segments;
using Cairn.Primitives;

namespace Cairn.Reconciliation.Outcomes;

/// <summary>
/// Writes a sealed range as the sections of a file of outcomes. Beside the segment's buffer it takes 32 bytes of memory a commit while it works,
/// to sort the ids. One call at a time; replay may go on meanwhile.
/// </summary>
internal sealed class OutcomeFileWriter
{
    private readonly SegmentWriter _writer;
    private readonly SealedOutcomes _outcomes;
    private readonly MergedCursor _cursor;
    private readonly List<CommitIdEntry> _given;
    private readonly List<CommitIdEntry> _made;
    private readonly List<OutcomePlace> _places = [];
    private byte[] _buffer = [];
    private Timestamp _lastTime;

    private OutcomeFileWriter(SealedOutcomes outcomes, SegmentWriter writer)
    {
        (_outcomes, _writer) = (outcomes, writer);
        _cursor = new(outcomes.Given, outcomes.Made);
        _given = new((int)outcomes.Given.Sum(static run => run.Count));
        _made = new((int)outcomes.Made.Sum(static run => run.Count));
    }

    /// <summary>Writes all sections; the caller finishes the segment.</summary>
    /// <param name="outcomes">With at least one commit.</param>
    /// <param name="writer">Of a segment that holds nothing else.</param>
    /// <param name="cancellationToken">Given to the writer.</param>
    /// <exception cref="CairnException">What the writer throws.</exception>
    public static Task WriteAsync(SealedOutcomes outcomes, SegmentWriter writer, CancellationToken cancellationToken)
    {
        Invariant.Require(outcomes.Count is > 0 and < int.MaxValue / 2, "a file of outcomes has at least one commit");
        return new OutcomeFileWriter(outcomes, writer).WriteAsync(cancellationToken);
    }

    private async Task WriteAsync(CancellationToken cancellationToken)
    {
        while (NextChunk() is { } chunk)
        {
            await AddAsync(OutcomeSections.Records, _places.Count, chunk.Records, cancellationToken).ConfigureAwait(false);
            _places.Add(new(chunk.First, chunk.FirstTime, chunk.Count));
            _lastTime = chunk.LastTime;
        }

        await AddAsync(OutcomeSections.Positions, 0, OutcomePlace.ToBytes(_places), cancellationToken).ConfigureAwait(false);
        await WriteIdsAsync(_made, given: false, cancellationToken).ConfigureAwait(false);
        await WriteIdsAsync(_given, given: true, cancellationToken).ConfigureAwait(false);
        await WriteFilterAsync(cancellationToken).ConfigureAwait(false);
        var range = new OutcomeRange(
            _outcomes.After, _outcomes.End, _places[0].Time, _lastTime, _outcomes.ForgottenBefore, _given.Count + _made.Count, _given.Count);
        await AddAsync(OutcomeSections.Range, 0, range.ToBytes(), cancellationToken).ConfigureAwait(false);
    }

    // The records stand in other chunks than in memory, since those of both kinds go together.
    private OutcomeChunk? NextChunk()
    {
        OutcomeChunk? chunk = null;
        for (; _cursor.Next is { } next; next.Advance())
        {
            var record = next.Record;
            chunk ??= new(record.Position, record.Time);
            _buffer = _buffer.Length < record.MaxBytesAgain ? new byte[2 * record.MaxBytesAgain] : _buffer;
            if (!chunk.TryAdd(_buffer.AsSpan(0, record.WriteTo(_buffer, chunk.First, chunk.FirstTime)), next.Key, record.Position, record.Time))
            {
                break;
            }

            (record.IsGiven ? _given : _made).Add(new(next.Key, record.Position));
        }

        return chunk;
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

    private async Task WriteFilterAsync(CancellationToken cancellationToken)
    {
        var pages = _given.Count > 0 ? CommitIdFilter.Of(_given).Pages : [];
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
