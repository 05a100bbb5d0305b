using Cairn.Formats.Segments;
using Cairn.Primitives;
using Cairn.Snapshots.Checkpoints;
using Cairn.Storage;

namespace Cairn.Reconciliation.Checkpoints;

/// <summary>A segment that is being written. One caller at a time; what is not finished is nowhere.</summary>
internal sealed class NewSegment : IAsyncDisposable
{
    private readonly IBlobStore _blobs;
    private readonly string _name;
    private readonly Incarnation _incarnation;
    private readonly IBlobUpload _upload;
    private readonly SegmentWriter _writer;

    private NewSegment(IBlobStore blobs, string name, SegmentHeader header, IBlobUpload upload)
    {
        (_blobs, _name, _incarnation, _upload) = (blobs, name, header.Incarnation, upload);
        _writer = new(header, upload.WriteAsync);
        Output = new(_writer);
    }

    /// <summary>Takes its chunks.</summary>
    public ChunkOutput Output { get; }

    /// <summary>Begins one.</summary>
    /// <param name="blobs">Where it will be.</param>
    /// <param name="name">Its blob; nobody else uses it.</param>
    /// <param name="header">What it says of itself.</param>
    /// <param name="cancellationToken">Ends the beginning.</param>
    public static async ValueTask<NewSegment> BeginAsync(IBlobStore blobs, string name, SegmentHeader header, CancellationToken cancellationToken) =>
        new(blobs, name, header, await blobs.BeginAsync(name, cancellationToken).ConfigureAwait(false));

    /// <summary>Adds a section that is read whole, behind the chunks so far.</summary>
    public async ValueTask AddAsync(SectionId section, bool isRequired, byte[] bytes, CancellationToken cancellationToken)
    {
        await Output.FlushAsync(cancellationToken).ConfigureAwait(false);
        for (var (at, number) = (0, 0u); at < bytes.Length; at += StoredCheckpoint.StateChunkBytes, number++)
        {
            var chunk = bytes.AsMemory(at, Math.Min(StoredCheckpoint.StateChunkBytes, bytes.Length - at));
            await _writer.AddAsync(section, isRequired, number, chunk, CompressionMethod.Stored, cancellationToken).ConfigureAwait(false);
        }
    }

    /// <summary>Ends it, and opens it.</summary>
    public async ValueTask<StoredSegment> FinishAsync(CancellationToken cancellationToken)
    {
        await Output.FlushAsync(cancellationToken).ConfigureAwait(false);
        await _writer.FinishAsync(cancellationToken).ConfigureAwait(false);
        await _upload.CommitAsync(cancellationToken).ConfigureAwait(false);
        return await StoredSegment.OpenAsync(_blobs, _name, _incarnation, SegmentSet.IsKnown, cancellationToken).ConfigureAwait(false);
    }

    public ValueTask DisposeAsync() => _upload.DisposeAsync();
}
