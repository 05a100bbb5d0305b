using System.Runtime.CompilerServices;

namespace Cairn.Columns;

/// <summary>A persistent vector of references in two levels. Immutable; what a batch did not touch is shared with the version before it.</summary>
internal readonly record struct Spine<T>(T?[][] Chunks)
    where T : class
{
    /// <summary>References of a chunk, 1 KiB: what a publish copies for each chunk that it touched.</summary>
    public const int ChunkLength = 128;

    /// <summary>Nothing.</summary>
    public static Spine<T> Empty => new([]);

    /// <summary>Slots, set or not.</summary>
    public int Length => Chunks.Length * ChunkLength;

    /// <summary>A slot below <see cref="Length"/>.</summary>
    public T? this[int index]
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        get => Chunks[index / ChunkLength][index % ChunkLength];
    }
}

/// <summary>
/// The writer's side of a spine: copies a chunk, and the root, before the first change after a publish. One thread.
/// Invariant: a chunk that a published spine holds is never written again.
/// </summary>
internal sealed class SpineWriter<T>
    where T : class
{
    private T?[][] _chunks = [];
    private readonly List<int> _owned = [];
    private bool[] _isOwned = [];
    private bool _rootOwned;

    /// <summary>Slots, set or not.</summary>
    public int Length => _chunks.Length * Spine<T>.ChunkLength;

    /// <summary>Reads a slot; null past the end.</summary>
    public T? this[int index] => index < Length ? _chunks[index / Spine<T>.ChunkLength][index % Spine<T>.ChunkLength] : null;

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
        return new(_chunks);
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
