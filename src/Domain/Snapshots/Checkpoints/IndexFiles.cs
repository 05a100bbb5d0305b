using Cairn.Columns;
using Cairn.Formats.Segments;
using Cairn.Primitives;
using Cairn.Storage;

namespace Cairn.Snapshots.Checkpoints;

/// <summary>
/// The segments with the chunks of a checkpoint's derived indexes. Most who open a space need none of them, and opening may fetch them: so they are opened by whoever first needs one. Thread-safe.
/// </summary>
/// <param name="blobs">Where they are. Borrowed.</param>
/// <param name="incarnation">The life that they must belong to.</param>
/// <param name="names">Newest first.</param>
internal sealed class IndexFiles(IBlobStore? blobs, Incarnation incarnation, IReadOnlyList<StoredFile> names) : IChunkSections
{
    private readonly Lock _gate = new();
    private Task<SegmentSet>? _opening;
    private volatile SegmentSet? _open = names.Count == 0 ? SegmentSet.Empty : null;

    private IndexFiles(SegmentSet open)
        : this(null, default, [.. open.Segments.Select(static segment => new StoredFile(segment.File.Name, segment.LengthBytes))]) => _open = open;

    /// <summary>No files.</summary>
    public static IndexFiles None { get; } = new(null, default, []);

    /// <summary>Newest first.</summary>
    public IReadOnlyList<StoredFile> Names => names;

    /// <summary>Files that are open.</summary>
    public static IndexFiles Of(SegmentSet open) => new(open);

    /// <summary>Opens them, if they are not open yet.</summary>
    /// <exception cref="CairnException">Corrupt: one is missing or damaged. Unavailable.</exception>
    public async ValueTask<SegmentSet> OpenAsync(CancellationToken cancellationToken)
    {
        if (_open is { } open)
        {
            return open;
        }

        // For all who want them; what fails is tried again by the next.
        Task<SegmentSet> opening;
        lock (_gate)
        {
            opening = _opening is null or { IsFaulted: true } ? OpenAllAsync() : _opening;
            _opening = opening;
        }

        return await opening.WaitAsync(cancellationToken).ConfigureAwait(false);
    }

    /// <summary>The chunks of a section. If the files are not open, the first that is loaded waits for it.</summary>
    /// <inheritdoc/>
    public IChunkSource<T> Chunks<T>(SectionId section, int length, Func<byte[], T> decode)
        where T : class => new Source<T>(this, section, length, decode);

    private async Task<SegmentSet> OpenAllAsync()
    {
        try
        {
            var segments = new List<StoredSegment>(names.Count);
            foreach (var file in names)
            {
                segments.Add(await StoredSegment.OpenAsync(blobs!, file.Name, incarnation, SegmentSet.IsKnown, CancellationToken.None).ConfigureAwait(false));
            }

            return _open = new(segments);
        }
        catch (ObjectDisposedException closed)
        {
            throw new CairnException(ErrorKind.Unavailable, "the space was closed meanwhile", closed);
        }
    }

    private sealed class Source<T>(IndexFiles files, SectionId section, int length, Func<byte[], T> decode) : IChunkSource<T>
        where T : class
    {
        private IChunkSource<T>? _source;

        public int Length => length;

        public T Load(int number)
        {
            var open = files._open ?? files.OpenAsync(CancellationToken.None).AsTask().GetAwaiter().GetResult();
            return (_source ??= open.Chunks(section, length, decode)).Load(number);
        }
    }
}
