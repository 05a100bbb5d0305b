using Cairn.Formats.Segments;
using Cairn.Primitives;
using Cairn.Storage;

namespace Cairn.Snapshots.Checkpoints;

/// <summary>A checkpoint that is stored: its manifest, its open segments, its small parts. Immutable.</summary>
/// <param name="Manifest">Names the files.</param>
/// <param name="Segments">Open.</param>
/// <param name="State">Null: the manifest has no segments yet.</param>
internal sealed record StoredCheckpoint(Manifest Manifest, SegmentSet Segments, CheckpointState? State)
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
            ? new(manifest, SegmentSet.Empty, null)
            : new(manifest, new(segments), ReadState(segments[0].File, manifest));
    }

    private static CheckpointState ReadState(SegmentFile newest, Manifest manifest)
    {
        var bytes = new List<byte>();
        for (var number = 0u; newest.TryFind(StateSection, number, out var chunk); number++)
        {
            bytes.AddRange(newest.Read(chunk));
        }

        var state = CheckpointStateCodec.Read(System.Runtime.InteropServices.CollectionsMarshal.AsSpan(bytes));
        return state.Position == manifest.Position
            ? state
            : throw new CairnException(ErrorKind.Corrupt, $"{newest.Name} is of position {state.Position.Value}, its manifest of {manifest.Position.Value}");
    }
}
