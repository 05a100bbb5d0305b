using System.Runtime.CompilerServices;
using Cairn.Primitives;

namespace Cairn.Indexes;

/// <summary>
/// Distinct byte strings, numbered from 0 in order of arrival and never removed: ids of concepts, names, dictionaries.
/// One writer, many readers, no lock.
/// </summary>
/// <remarks>
/// Bytes and references are written before the number enters the hash index or a published count, and never change; lists of chunks are
/// replaced by longer copies (a release), so a reader that learned a number finds its bytes.
/// Keys are at most <see cref="MaxKeyBytes"/> long and never cross a chunk.
/// </remarks>
internal sealed class KeyTable(KeyedHash hash)
{
    /// <summary>The longest key, in bytes.</summary>
    public const int MaxKeyBytes = 4 * 1024;

    private const int ChunkBytes = 64 * 1024;
    private const int FirstChunkBytes = 128;
    private const int ReferencesPerChunk = 4 * 1024;
    private const int FirstReferences = 16;
    private readonly HashIndex _index = new();
    private byte[][] _chunks = [new byte[FirstChunkBytes]];
    private uint[][] _references = [new uint[FirstReferences]];
    private int _used;
    private long _bytes = FirstChunkBytes + (FirstReferences * sizeof(uint));

    /// <summary>Keys so far. The writer's; readers take the count of their snapshot.</summary>
    public int Count { get; private set; }

    /// <summary>Bytes of memory, about.</summary>
    public long Bytes => _bytes + _index.Bytes;

    /// <summary>The bytes of a key.</summary>
    public ReadOnlySpan<byte> this[int number]
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        get
        {
            var reference = Volatile.Read(ref _references)[number / ReferencesPerChunk][number % ReferencesPerChunk];
            var chunk = Volatile.Read(ref _chunks)[reference / ChunkBytes];
            var offset = (int)(reference % ChunkBytes);
            var first = chunk[offset];
            return first < 0x80
                ? chunk.AsSpan(offset + 1, first)
                : chunk.AsSpan(offset + 2, (first & 0x7F) | (chunk[offset + 1] << 7));
        }
    }

    /// <summary>The number of a key, or −1. May be one that the reader's snapshot does not count yet.</summary>
    public int Find(ReadOnlySpan<byte> key)
    {
        var matcher = new Matcher(this, key);
        return _index.Find(hash.Of(key), ref matcher);
    }

    /// <summary>The number of a key, which is added if it is new. The writer only.</summary>
    public int FindOrAdd(ReadOnlySpan<byte> key)
    {
        var hashed = hash.Of(key);
        var matcher = new Matcher(this, key);
        var found = _index.Find(hashed, ref matcher);
        return found >= 0 ? found : Add(key, hashed);
    }

    private int Add(ReadOnlySpan<byte> key, ulong hashed)
    {
        Invariant.Require(key.Length <= MaxKeyBytes, "the key is too long for a table of keys");
        AddReference(Count, Store(key));
        _index.Add(hashed, Count);
        return Count++;
    }

    private uint Store(ReadOnlySpan<byte> key)
    {
        var prefix = key.Length < 0x80 ? 1 : 2;
        var last = _chunks[^1];
        if (_used + prefix + key.Length > last.Length)
        {
            last = AddChunk(prefix + key.Length);
        }

        var reference = checked((uint)(((_chunks.Length - 1) * (long)ChunkBytes) + _used));
        last[_used] = (byte)(prefix == 1 ? key.Length : key.Length | 0x80);
        if (prefix == 2)
        {
            last[_used + 1] = (byte)(key.Length >> 7);
        }

        key.CopyTo(last.AsSpan(_used + prefix));
        _used += prefix + key.Length;
        return reference;
    }

    private byte[] AddChunk(int neededBytes)
    {
        var length = Math.Min(ChunkBytes, _chunks[^1].Length * 2);
        while (length < neededBytes)
        {
            length *= 2;
        }

        var chunk = new byte[length];
        Volatile.Write(ref _chunks, [.. _chunks, chunk]);
        _bytes += length;
        _used = 0;
        return chunk;
    }

    private void AddReference(int number, uint reference)
    {
        var chunk = number / ReferencesPerChunk;
        var slot = number % ReferencesPerChunk;
        if (chunk == _references.Length)
        {
            Volatile.Write(ref _references, [.. _references, new uint[ReferencesPerChunk]]);
            _bytes += ReferencesPerChunk * sizeof(uint);
        }
        else if (slot == _references[chunk].Length)
        {
            // Only the first chunk begins small. Readers of the old one know only numbers that it holds.
            var larger = new uint[slot * 2];
            _references[chunk].CopyTo(larger, 0);
            Volatile.Write(ref _references, [.. _references[..chunk], larger]);
            _bytes += slot * sizeof(uint);
        }

        _references[chunk][slot] = reference;
    }

    private readonly ref struct Matcher(KeyTable table, ReadOnlySpan<byte> key) : IRowMatcher
    {
        private readonly ReadOnlySpan<byte> _key = key;

        public bool Matches(int row) => table[row].SequenceEqual(_key);
    }
}
