using Cairn.Primitives;

namespace Cairn.Storage;

/// <summary>Spaces in memory, for tests and simulation: behaves as a durable store does and forgets all at the end of the process. Deterministic.</summary>
/// <param name="maxAppendsPerFile">What its log stores say; at least 3.</param>
/// <param name="maxFileBytes">What its log stores say, in bytes.</param>
/// <param name="isShared">Each log may be open several times, as if by several processes.</param>
public sealed class MemorySpaceStore(int maxAppendsPerFile = int.MaxValue, long maxFileBytes = 1L << 30, bool isShared = false) : ISpaceStore
{
    private readonly Lock _gate = new();
    private readonly SortedDictionary<string, SpaceRecord> _spaces = new(StringComparer.Ordinal);
    private readonly Dictionary<(SpaceName, Incarnation), (MemoryLogFiles Log, MemoryBlobs Blobs)> _lives = [];

    /// <inheritdoc/>
    public ValueTask<SpaceRecord?> FindAsync(SpaceName name, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        lock (_gate)
        {
            return new(_spaces.GetValueOrDefault(name.ToString()));
        }
    }

    /// <inheritdoc/>
    public ValueTask<IReadOnlyList<SpaceRecord>> ListAsync(CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        lock (_gate)
        {
            return new([.. _spaces.Values]);
        }
    }

    /// <inheritdoc/>
    public ValueTask<(SpaceRecord Record, bool Created)> CreateAsync(SpaceRecord wanted, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        lock (_gate)
        {
            var name = wanted.Name.ToString();
            if (_spaces.TryGetValue(name, out var existing))
            {
                return new((existing, false));
            }

            _spaces.Add(name, wanted);
            _lives.Add((wanted.Name, wanted.Incarnation), (new(), new()));
            return new((wanted, true));
        }
    }

    /// <inheritdoc/>
    public ValueTask<bool> DeleteAsync(SpaceRecord space, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        lock (_gate)
        {
            var name = space.Name.ToString();
            if (!_spaces.TryGetValue(name, out var existing) || existing.Incarnation != space.Incarnation)
            {
                return new(false);
            }

            _spaces.Remove(name);
            _lives.Remove((space.Name, space.Incarnation), out var life);
            life.Log.DeleteAll();
            life.Blobs.DeleteAll();
            return new(true);
        }
    }

    /// <inheritdoc/>
    public ILogStore OpenLog(SpaceRecord space)
    {
        lock (_gate)
        {
            return new MemoryLogStore(LifeOf(space).Log ?? MemoryLogFiles.Gone, maxAppendsPerFile, maxFileBytes, isShared);
        }
    }

    /// <inheritdoc/>
    public IBlobStore OpenBlobs(SpaceRecord space)
    {
        lock (_gate)
        {
            return new MemoryBlobStore(LifeOf(space).Blobs ?? MemoryBlobs.Gone);
        }
    }

    /// <inheritdoc/>
    public ValueTask DisposeAsync() => ValueTask.CompletedTask;

    private (MemoryLogFiles? Log, MemoryBlobs? Blobs) LifeOf(SpaceRecord space) => _lives.GetValueOrDefault((space.Name, space.Incarnation));
}
