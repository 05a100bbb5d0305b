using Cairn.Columns;
using Cairn.Formats.Segments;
using Cairn.Primitives;
using Cairn.Storage;

namespace Cairn.Snapshots.Checkpoints;

/// <summary>The segments of a checkpoint, newest first: of a chunk that several have, the newest one counts. Any thread.</summary>
/// <remarks>Chunks are loaded as long as somebody holds the set; the files are closed by the collector when nobody does, so that a reader of an older snapshot never meets a closed one.</remarks>
internal sealed class SegmentSet : IChunkSections
{
    private readonly StoredSegment[] _segments;

    public SegmentSet(IEnumerable<StoredSegment> newestFirst) => _segments = [.. newestFirst];

    /// <summary>No segments.</summary>
    public static SegmentSet Empty { get; } = new([]);

    /// <summary>Newest first.</summary>
    public IReadOnlyList<StoredSegment> Segments => _segments;

    /// <summary>The kinds of sections that this program knows.</summary>
    public static bool IsKnown(ushort kind) => kind is >= SectionKind.State and <= SectionKind.VectorSlots;

    /// <summary>Finds a chunk.</summary>
    public bool TryFind(SectionId section, int number, out StoredSegment segment, out ChunkEntry chunk)
    {
        foreach (var candidate in _segments)
        {
            if (candidate.File.TryFind(section, (uint)number, out chunk))
            {
                segment = candidate;
                return true;
            }
        }

        (segment, chunk) = (null!, default);
        return false;
    }

    /// <summary>Reads a chunk; null: no segment has it.</summary>
    /// <exception cref="CairnException">Corrupt, Unavailable.</exception>
    public byte[]? Read(SectionId section, int number) => TryFind(section, number, out var segment, out var chunk) ? segment.File.Read(chunk) : null;

    /// <summary>The chunks of a section, each decoded when it is loaded.</summary>
    /// <param name="section">Which.</param>
    /// <param name="length">How many the checkpoint counts; what segments have beyond it is of no meaning.</param>
    /// <param name="decode">May keep the bytes.</param>
    public IChunkSource<T> Chunks<T>(SectionId section, int length, Func<byte[], T> decode)
        where T : class => new Source<T>(this, section, length, decode);

    private sealed class Source<T>(SegmentSet set, SectionId section, int length, Func<byte[], T> decode) : IChunkSource<T>
        where T : class
    {
        public int Length => length;

        public T Load(int number)
        {
            if (!set.TryFind(section, number, out var segment, out var chunk))
            {
                throw new CairnException(ErrorKind.Corrupt, $"no segment of the checkpoint has section {section}, chunk {number}");
            }

            try
            {
                return decode(segment.File.Read(chunk));
            }
            catch (CairnException failure) when (failure.Kind == ErrorKind.Corrupt)
            {
                throw new CairnException(ErrorKind.Corrupt, $"{segment.File.Name}, section {section}, chunk {number}: {failure.Message}", failure);
            }
        }
    }
}

/// <summary>One segment, open.</summary>
/// <param name="File">Its contents.</param>
/// <param name="LengthBytes">Its bytes.</param>
internal sealed record StoredSegment(SegmentFile File, long LengthBytes)
{
    /// <summary>Opens a file that a manifest names.</summary>
    /// <param name="blobs">Where it is.</param>
    /// <param name="name">Its blob.</param>
    /// <param name="incarnation">The life that it must belong to.</param>
    /// <param name="isKnown">The kinds of sections that the caller knows.</param>
    /// <param name="cancellationToken">Ends the reading.</param>
    /// <exception cref="CairnException">Corrupt: it is missing or damaged. Unavailable.</exception>
    public static async ValueTask<StoredSegment> OpenAsync(
        IBlobStore blobs, string name, Incarnation incarnation, Func<ushort, bool> isKnown, CancellationToken cancellationToken)
    {
        var reader = await blobs.OpenAsync(name, cancellationToken).ConfigureAwait(false)
            ?? throw new CairnException(ErrorKind.Corrupt, $"{name} is missing");
        var file = SegmentFile.Open(new BlobSource(reader), name, isKnown);
        return file.Header.Incarnation == incarnation
            ? new(file, reader.LengthBytes)
            : throw new CairnException(ErrorKind.Corrupt, $"{name} belongs to another life of the space, {file.Header.Incarnation}");
    }

    // Closed by the collector: whoever still loads chunks holds it.
    private sealed class BlobSource(IBlobReader reader) : ISegmentSource
    {
        public long LengthBytes => reader.LengthBytes;

        public void Read(long offset, Span<byte> destination) => reader.Read(offset, destination);
    }
}
