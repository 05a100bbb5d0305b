using Cairn.Formats.Segments;
using Cairn.Primitives;
using Cairn.Snapshots.Derived;
using Cairn.Storage;

namespace Cairn.Snapshots.Checkpoints;

/// <summary>A checkpoint that is stored: its manifest, its open segments, its small parts. Immutable.</summary>
/// <param name="Manifest">Names the files.</param>
/// <param name="Segments">Open.</param>
/// <param name="State">Null: the manifest has no segments yet.</param>
/// <param name="Derived">Its indexes that are derived of concepts; their files are not open.</param>
internal sealed record StoredCheckpoint(Manifest Manifest, SegmentSet Segments, CheckpointState? State, StoredDerived Derived)
{
    /// <summary>Bytes of a chunk of the state.</summary>
    public const int StateChunkBytes = 1024 * 1024;

    /// <summary>Where the state is stored, in the newest segment.</summary>
    public static SectionId StateSection => new(SectionKind.State);

    /// <summary>Opens the files of a manifest; of the segments only tables of contents and the state are read.</summary>
    /// <exception cref="CairnException">Corrupt: a file is missing or damaged; names it. Unavailable.</exception>
    public static async ValueTask<StoredCheckpoint> OpenAsync(IBlobStore blobs, Manifest manifest, CancellationToken cancellationToken)
    {
        var segments = new List<StoredSegment>(manifest.Segments.Count);
        foreach (var file in manifest.Segments)
        {
            segments.Add(await StoredSegment.OpenAsync(blobs, file.Name, manifest.Incarnation, SegmentSet.IsKnown, cancellationToken).ConfigureAwait(false));
        }

        return segments.Count == 0
            ? new(manifest, SegmentSet.Empty, null, StoredDerived.None)
            : new(manifest, new(segments), ReadState(segments[0].File, manifest), ReadDerived(blobs, segments[0].File, manifest));
    }

    private static StoredDerived ReadDerived(IBlobStore blobs, SegmentFile newest, Manifest manifest)
    {
        // A program that knows no indexes copies of a manifest what it knows.
        if (manifest.Indexes.Count == 0)
        {
            return StoredDerived.None;
        }

        var states = new List<DerivedState>();
        foreach (var section in newest.Sections)
        {
            if (section.Id.Kind == SectionKind.IndexState && TryReadDerived(newest, section.Id, manifest.Position) is { } state)
            {
                states.Add(state);
            }
        }

        return new(states, new IndexFiles(blobs, manifest.Incarnation, manifest.Indexes));
    }

    // What is damaged or of a later version is made anew of the rows when it is needed; a verification tells.
    private static DerivedState? TryReadDerived(SegmentFile newest, SectionId section, LogPosition position)
    {
        try
        {
            return DerivedStateCodec.Read(section.Argument, ReadAll(newest, section), position);
        }
        catch (CairnException failure) when (failure.Kind == ErrorKind.Corrupt)
        {
            return null;
        }
    }

    private static CheckpointState ReadState(SegmentFile newest, Manifest manifest)
    {
        var state = CheckpointStateCodec.Read(ReadAll(newest, StateSection));
        return state.Position == manifest.Position
            ? state
            : throw new CairnException(ErrorKind.Corrupt, $"{newest.Name} is of position {state.Position.Value}, its manifest of {manifest.Position.Value}");
    }

    private static byte[] ReadAll(SegmentFile file, SectionId section)
    {
        var bytes = new List<byte>();
        for (var number = 0u; file.TryFind(section, number, out var chunk); number++)
        {
            bytes.AddRange(file.Read(chunk));
        }

        return [.. bytes];
    }
}
