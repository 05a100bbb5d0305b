using Cairn.Formats.Segments;
using Cairn.Snapshots.Checkpoints;

namespace Cairn.Reconciliation.Checkpoints;

/// <summary>
/// Takes the chunks of a new segment, encodes some at a time, several at once where there are processors, and writes them in order. One caller at a time.
/// </summary>
internal sealed class ChunkOutput(SegmentWriter writer) : IChunkOutput
{
    private const int BatchChunks = 64;
    private const int BatchBytes = 4 * 1024 * 1024;

    // One of two processors is left to whoever reads.
    private static readonly ParallelOptions Parallelism = new() { MaxDegreeOfParallelism = Math.Max(1, Environment.ProcessorCount / 2) };
    private readonly List<(SectionId Section, int Number, byte[] Raw, CompressionMethod Method)> _batch = [];
    private readonly HashSet<(SectionId, int)> _written = [];
    private int _batchBytes;

    /// <summary>Bytes of all chunks so far, as stored.</summary>
    public long StoredBytes { get; private set; }

    /// <summary>Whether the new segment has a chunk.</summary>
    public bool Has(SectionId section, int number) => _written.Contains((section, number));

    /// <summary>Adds a chunk; its bytes are the output's from here on.</summary>
    public ValueTask AddAsync(SectionId section, int number, byte[] raw, CancellationToken cancellationToken)
    {
        _batch.Add((section, number, raw, MethodFor(section.Kind)));
        _written.Add((section, number));
        _batchBytes += raw.Length;
        return _batch.Count >= BatchChunks || _batchBytes >= BatchBytes ? FlushAsync(cancellationToken) : default;
    }

    /// <summary>Adds a chunk of an older segment as it is.</summary>
    public async ValueTask CopyAsync(SectionId section, StoredSegment segment, ChunkEntry chunk, CancellationToken cancellationToken)
    {
        await FlushAsync(cancellationToken).ConfigureAwait(false);
        _written.Add((section, (int)chunk.Number));
        StoredBytes += chunk.StoredBytes;
        await writer.AddAsync(section, IsRequired(section), chunk.Number, segment.File.ReadEncoded(chunk), cancellationToken).ConfigureAwait(false);
    }

    /// <summary>Writes what has gathered.</summary>
    public async ValueTask FlushAsync(CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        var encoded = new EncodedChunk[_batch.Count];
        Parallel.For(0, encoded.Length, Parallelism, i => encoded[i] = EncodedChunk.Encode(_batch[i].Raw, _batch[i].Method));
        for (var i = 0; i < encoded.Length; i++)
        {
            StoredBytes += encoded[i].Stored.Length;
            await writer.AddAsync(_batch[i].Section, IsRequired(_batch[i].Section), (uint)_batch[i].Number, encoded[i], cancellationToken).ConfigureAwait(false);
        }

        _batch.Clear();
        _batchBytes = 0;
    }

    // Zones only spare work, and so do indexes.
    private static bool IsRequired(SectionId section) => section.Kind < SectionKind.ConceptZoneMaps;

    // Texts shrink to a fraction. Packed cells and hashed words hardly do, and every lookup reads some (record 0015 has the figures).
    private static CompressionMethod MethodFor(ushort kind) => kind switch
    {
        SectionKind.ConceptArena or SectionKind.AssociationArena or SectionKind.KeyBytes or SectionKind.ConceptZoneMaps or SectionKind.TextTerms => CompressionMethod.Brotli,
        _ => CompressionMethod.Stored,
    };
}
