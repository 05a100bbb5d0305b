using Cairn.Primitives;
using Cairn.Storage;

namespace Cairn.Simulation.Stores;

/// <summary>
/// What the store holds of one life of a space, and what it does not know that it holds: a copy of the whole log, from which nothing is ever collected, and the blobs as they
/// were at each checkpoint.
/// </summary>
internal sealed class SpaceLife(SpaceRecord record)
{
    private readonly MemoryLogFiles _log = new();

    public SpaceRecord Record => record;

    public bool IsDeleted { get; private set; }

    /// <summary>The log as it is.</summary>
    public MemoryLogFiles Log => _log;

    /// <summary>The log with the files that were collected.</summary>
    public MemoryLogFiles WholeLog { get; } = new();

    public MemoryBlobs Blobs { get; } = new();

    /// <summary>The blobs at each checkpoint that counted, oldest first.</summary>
    public List<CheckpointImage> Images { get; } = [];

    public bool CreateFile(int file, ReadOnlySpan<byte> header) => _log.Create(file, header) && WholeLog.Create(file, header);

    public long Append(int file, ReadOnlySpan<byte> bytes)
    {
        var offset = _log.Append(file, bytes);
        Invariant.Require(WholeLog.Append(file, bytes) == offset, "the copy of the log is as long as the log");
        return offset;
    }

    public bool Cut(int file, long offset)
    {
        _log.Cut(file, offset);
        WholeLog.Cut(file, offset);
        return true;
    }

    public bool DeleteFile(int file)
    {
        CheckpointGuard.RequireNotNeeded(this, file);
        return _log.Delete(file);
    }

    public bool CreateBlob(string name, byte[] bytes)
    {
        var created = Blobs.Create(name, bytes);
        if (created)
        {
            CheckpointGuard.Created(this, name);
        }

        return created;
    }

    public bool DeleteBlob(string name)
    {
        var deleted = Blobs.Delete(name);
        CheckpointGuard.RequireWhole(this);
        return deleted;
    }

    public void Delete()
    {
        IsDeleted = true;
        _log.DeleteAll();
        Blobs.DeleteAll();
    }
}

/// <summary>The blobs of a space when a checkpoint came to count.</summary>
/// <param name="Manifest">Its manifest's name.</param>
/// <param name="Blobs">All blobs that were there.</param>
internal sealed record CheckpointImage(string Manifest, IReadOnlyList<(string Name, byte[] Bytes)> Blobs);
