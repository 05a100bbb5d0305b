using Cairn.Primitives;
using Cairn.Storage;

namespace Cairn.Infra.Local;

/// <summary>A blob that is being written to a file of no name.</summary>
internal sealed class LocalBlobUpload(SpaceLife life, string name, UnfinishedFile file) : IBlobUpload
{
    private readonly string _path = life.Blobs.PathOf(name);
    private bool _over;

    public ValueTask WriteAsync(ReadOnlyMemory<byte> bytes, CancellationToken cancellationToken)
    {
        Run(
            () =>
            {
                file.Write(bytes.Span);
                return true;
            },
            cancellationToken);
        return ValueTask.CompletedTask;
    }

    public ValueTask CommitAsync(CancellationToken cancellationToken)
    {
        var placed = Run(() => life.Blobs.TryPlace(file, name), cancellationToken);
        End();
        return placed ? ValueTask.CompletedTask : throw BlobFailure.Taken(name);
    }

    public ValueTask DisposeAsync()
    {
        End();
        return ValueTask.CompletedTask;
    }

    // What failed is given up at once, so that a full disk has its room back.
    private T Run<T>(Func<T> action, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        Invariant.Require(!_over, "the upload is over");
        life.RequireTrusted();
        try
        {
            return life.Guard(_path, action);
        }
        catch
        {
            End();
            throw;
        }
    }

    private void End()
    {
        if (!_over)
        {
            _over = true;
            file.Dispose();
        }
    }
}
