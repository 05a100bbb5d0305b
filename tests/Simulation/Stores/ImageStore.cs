using Cairn.Model;
using Cairn.Primitives;
using Cairn.Storage;

namespace Cairn.Simulation.Stores;

/// <summary>One space as it once was, for whoever looks at it afterwards: the whole log beside the blobs of one moment. No call of it waits or fails.</summary>
internal sealed class ImageStore(SpaceLife life, StoreLimits limits, IReadOnlyList<(string Name, byte[] Bytes)> blobs) : ISpaceStore
{
    private readonly MemoryBlobs _blobs = Copy(blobs);

    public ValueTask<SpaceRecord?> FindAsync(SpaceName name, CancellationToken cancellationToken) => new(life.Record);

    public ValueTask<IReadOnlyList<SpaceRecord>> ListAsync(CancellationToken cancellationToken) => new([life.Record]);

    public ValueTask<(SpaceRecord Record, bool Created)> CreateAsync(SpaceRecord wanted, CancellationToken cancellationToken) => throw ReadOnly();

    public ValueTask<bool> DeleteAsync(SpaceRecord space, CancellationToken cancellationToken) => throw ReadOnly();

    public ILogStore OpenLog(SpaceRecord space) => new MemoryLogStore(life.WholeLog, limits.MaxAppendsPerFile, limits.MaxFileBytes, !limits.IsSoleWriter);

    public IBlobStore OpenBlobs(SpaceRecord space) => new MemoryBlobStore(_blobs);

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;

    private static MemoryBlobs Copy(IReadOnlyList<(string Name, byte[] Bytes)> blobs)
    {
        var copy = new MemoryBlobs();
        foreach (var (name, bytes) in blobs)
        {
            copy.Create(name, bytes);
        }

        return copy;
    }

    private static CairnException ReadOnly() => new(ErrorKind.Internal, "the past does not change");
}
