using System.Runtime.CompilerServices;

namespace Cairn.Columns;

/// <summary>
/// A persistent vector of references in two levels. Immutable but for slots that are loaded; what a batch did not touch is shared with the version before it.
/// </summary>
/// <remarks>
/// A slot that a checkpoint stores is empty until somebody reads it; it goes from empty to its value once, so that readers that load it at the same time
/// end with the same object. The writer sets a slot only in chunks of its own, which no reader sees yet.
/// </remarks>
/// <param name="Chunks">References, 128 a chunk.</param>
/// <param name="Stored">Where empty slots are loaded from; null: they are empty.</param>
internal readonly record struct Spine<T>(T?[][] Chunks, IChunkSource<T>? Stored = null)
    where T : class
{
    /// <summary>References of a chunk, 1 KiB: what a publish copies for each chunk that it touched.</summary>
    public const int ChunkLength = 128;

    /// <summary>Nothing.</summary>
    public static Spine<T> Empty => new([]);

    /// <summary>Slots, set or not.</summary>
    public int Length => Chunks.Length * ChunkLength;

    /// <summary>A slot below <see cref="Length"/>, loaded if need be.</summary>
    public T? this[int index]
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        get => Chunks[index / ChunkLength][index % ChunkLength] ?? Load(index);
    }

    /// <summary>What is in a slot now, without loading it.</summary>
    public T? Peek(int index) => Chunks[index / ChunkLength][index % ChunkLength];

    /// <summary>A slot below <see cref="Length"/>; if it has to be loaded, it is not kept: for a walk over all of them.</summary>
    public T? ReadOnce(int index) => Peek(index) ?? (Stored is null || index >= Stored.Length ? null : Stored.Load(index));

    [MethodImpl(MethodImplOptions.NoInlining)]
    private T? Load(int index)
    {
        if (Stored is null || index >= Stored.Length)
        {
            return null;
        }

        var loaded = Stored.Load(index);
        return Interlocked.CompareExchange(ref Chunks[index / ChunkLength][index % ChunkLength], loaded, null) ?? loaded;
    }
}

/// <summary>
/// The writer's side of a spine: copies a chunk, and the root, before the first change after a publish. One thread.
/// Invariant: a chunk that a published spine holds is never written again.
/// </summary>
/// <param name="stored">Slots of a checkpoint to begin with; null: none.</param>
internal sealed class SpineWriter<T>(IChunkSource<T>? stored = null)
    where T : class
{
    private readonly IChunkSource<T>? _stored = stored;
    private readonly List<int> _owned = [];
    private T?[][] _chunks = Unloaded(stored?.Length ?? 0);
    private bool[] _isOwned = new bool[ChunksFor(stored?.Length ?? 0)];
    private bool _rootOwned;

    /// <summary>Slots, set or not.</summary>
    public int Length => _chunks.Length * Spine<T>.ChunkLength;

    /// <summary>Reads a slot; null past the end.</summary>
    public T? this[int index] => index < Length ? new Spine<T>(_chunks, _stored)[index] : null;

    /// <summary>What is in a slot now, without loading it; null past the end.</summary>
    public T? Peek(int index) => index < Length ? _chunks[index / Spine<T>.ChunkLength][index % Spine<T>.ChunkLength] : null;

    /// <summary>Sets a slot, growing as needed.</summary>
    public void Set(int index, T? item)
    {
        var chunk = index / Spine<T>.ChunkLength;
        OwnRoot(chunk + 1);
        if (!_isOwned[chunk])
        {
            _chunks[chunk] = (T?[])_chunks[chunk].Clone();
            Own(chunk);
        }

        _chunks[chunk][index % Spine<T>.ChunkLength] = item;
    }

    /// <summary>The version to publish.</summary>
    public Spine<T> Publish()
    {
        foreach (var chunk in _owned)
        {
            _isOwned[chunk] = false;
        }

        _owned.Clear();
        _rootOwned = false;
        return new(_chunks, _stored);
    }

    private static int ChunksFor(int length) => (length + Spine<T>.ChunkLength - 1) / Spine<T>.ChunkLength;

    private static T?[][] Unloaded(int length)
    {
        var chunks = new T?[ChunksFor(length)][];
        for (var i = 0; i < chunks.Length; i++)
        {
            chunks[i] = new T?[Spine<T>.ChunkLength];
        }

        return chunks;
    }

    private void OwnRoot(int length)
    {
        if (_rootOwned && length <= _chunks.Length)
        {
            return;
        }

        var before = _chunks.Length;
        var after = Math.Max(before, length);
        var root = new T?[after][];
        _chunks.CopyTo(root, 0);
        _chunks = root;
        _rootOwned = true;
        if (_isOwned.Length < after)
        {
            Array.Resize(ref _isOwned, Math.Max(after, _isOwned.Length * 2));
        }

        for (var added = before; added < after; added++)
        {
            _chunks[added] = new T?[Spine<T>.ChunkLength];
            Own(added);
        }
    }

    private void Own(int chunk)
    {
        _isOwned[chunk] = true;
        _owned.Add(chunk);
    }
}
