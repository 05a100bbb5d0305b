using System.Buffers.Binary;
using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics.X86;
using Cairn.Primitives;

namespace Cairn.Indexes;

/// <summary>
/// Distinct byte strings, numbered from 0 in order of arrival and never removed: ids of concepts, names, dictionaries.
/// One writer, many readers, no lock.
/// </summary>
/// <remarks>
/// Bytes and references are written before the number enters the hash index or a published count, and never change; lists of chunks are
/// replaced by longer copies (a release), so a reader that learned a number finds its bytes.
/// Keys are at most <see cref="MaxKeyBytes"/> long and never cross a chunk. Where a key lies, its number stands before it: the hash index leads to
/// the key, which must be compared anyway, and the number is there already.
/// </remarks>
/// <param name="hash">Spreads the keys.</param>
/// <param name="capacityBytes">Where the last key begins at the latest; null: that of <see cref="IndexCapacity.Default"/>.</param>
internal sealed class KeyTable(KeyedHash hash, long? capacityBytes = null)
{
    /// <summary>The longest key, in bytes.</summary>
    public const int MaxKeyBytes = 4 * 1024;

    private const int ChunkBytes = 64 * 1024;
    private const int NumberBytes = sizeof(int);
    private const int FirstChunkBytes = 128;
    private const int ReferencesPerChunk = 4 * 1024;
    private const int FirstReferences = 16;
    private readonly long _capacityBytes = capacityBytes ?? IndexCapacity.Default.KeyBytes;
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
        get => At(Volatile.Read(ref _references)[number / ReferencesPerChunk][number % ReferencesPerChunk], out _);
    }

    /// <summary>The number of a key, or −1. May be one that the reader's snapshot does not count yet.</summary>
    public int Find(ReadOnlySpan<byte> key) => Find(hash.Of(key), key);

    /// <summary>What <see cref="Prefetch"/> and <see cref="Find(ulong, ReadOnlySpan{byte})"/> take.</summary>
    public ulong HashOf(ReadOnlySpan<byte> key) => hash.Of(key);

    /// <summary>Asks the processor for the place where a key is looked for first. A hint.</summary>
    public void Prefetch(ulong hashed) => _index.Prefetch(hashed);

    /// <summary>Asks the processor for the bytes of the key with that hash, if there is one. A hint.</summary>
    public void PrefetchKey(ulong hashed)
    {
        var prefetch = new KeyPrefetch(_chunks);
        _index.Find(hashed, ref prefetch);
    }

    /// <summary>The number of a key, which is added if it is new; −1: there is no room for it. The writer only.</summary>
    public int FindOrAdd(ReadOnlySpan<byte> key)
    {
        var hashed = hash.Of(key);
        var found = Find(hashed, key);
        return found >= 0 ? found : Add(key, hashed);
    }

    /// <summary>As <see cref="Find(ReadOnlySpan{byte})"/>, for a key whose hash is known.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public int Find(ulong hashed, ReadOnlySpan<byte> key)
    {
        var matcher = new Matcher(this, key);
        _index.Find(hashed, ref matcher);
        return matcher.Number;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private ReadOnlySpan<byte> At(uint reference, out int number)
    {
        var chunk = Volatile.Read(ref _chunks)[reference / ChunkBytes];
        var offset = (int)(reference % ChunkBytes);
        number = BinaryPrimitives.ReadInt32LittleEndian(chunk.AsSpan(offset));
        var first = chunk[offset + NumberBytes];
        return first < 0x80
            ? chunk.AsSpan(offset + NumberBytes + 1, first)
            : chunk.AsSpan(offset + NumberBytes + 2, (first & 0x7F) | (chunk[offset + NumberBytes + 1] << 7));
    }

    private int Add(ReadOnlySpan<byte> key, ulong hashed)
    {
        Invariant.Require(key.Length <= MaxKeyBytes, "the key is too long for a table of keys");
        var prefix = key.Length < 0x80 ? NumberBytes + 1 : NumberBytes + 2;
        var needsChunk = _used + prefix + key.Length > _chunks[^1].Length;
        var reference = needsChunk ? _chunks.Length * (long)ChunkBytes : ((_chunks.Length - 1) * (long)ChunkBytes) + _used;
        if (reference >= _capacityBytes)
        {
            return -1;
        }

        Store(key, prefix, needsChunk ? AddChunk(prefix + key.Length) : _chunks[^1]);
        AddReference(Count, (uint)reference);
        _index.Add(hashed, (int)reference);
        return Count++;
    }

    private void Store(ReadOnlySpan<byte> key, int prefix, byte[] last)
    {
        BinaryPrimitives.WriteInt32LittleEndian(last.AsSpan(_used), Count);
        last[_used + NumberBytes] = (byte)(key.Length < 0x80 ? key.Length : key.Length | 0x80);
        if (key.Length >= 0x80)
        {
            last[_used + NumberBytes + 1] = (byte)(key.Length >> 7);
        }

        key.CopyTo(last.AsSpan(_used + prefix));
        _used += prefix + key.Length;
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

    private readonly struct KeyPrefetch(byte[][] chunks) : IEntryMatcher
    {
        public unsafe bool Matches(int entry)
        {
            if (Sse.IsSupported)
            {
                Sse.Prefetch0(Unsafe.AsPointer(ref chunks[(uint)entry / ChunkBytes][(uint)entry % ChunkBytes]));
            }

            return true;
        }
    }

    private ref struct Matcher(KeyTable table, ReadOnlySpan<byte> key) : IEntryMatcher
    {
        private readonly ReadOnlySpan<byte> _key = key;

        /// <summary>The number of the key that matched; −1 if none did.</summary>
        public int Number { get; private set; } = -1;

        public bool Matches(int entry)
        {
            if (!table.At((uint)entry, out var number).SequenceEqual(_key))
            {
                return false;
            }

            Number = number;
            return true;
        }
    }
}
