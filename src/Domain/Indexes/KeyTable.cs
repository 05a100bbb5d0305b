using System.Buffers.Binary;
using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics.X86;
using Cairn.Columns;
using Cairn.Primitives;

namespace Cairn.Indexes;

/// <summary>A key table of a checkpoint.</summary>
/// <param name="Count">Keys.</param>
/// <param name="UsedBytes">Bytes of the last chunk that hold keys.</param>
/// <param name="LastChunkBytes">Room of the last chunk.</param>
/// <param name="KeyBytes">Bytes of all keys, each with its number and its length.</param>
/// <param name="Chunks">Where keys lie.</param>
/// <param name="References">Where each key lies, 4,096 a chunk.</param>
/// <param name="Index">From hash to reference.</param>
internal sealed record StoredKeys(
    int Count, int UsedBytes, int LastChunkBytes, long KeyBytes, IChunkSource<byte[]> Chunks, IChunkSource<uint[]> References, StoredHashIndex Index);

/// <summary>
/// Distinct byte strings, numbered from 0 in order of arrival and never removed: ids of concepts, names, dictionaries.
/// One writer, many readers, no lock.
/// </summary>
/// <remarks>
/// Bytes and references are written before the number enters the hash index or a published count, and never change; lists of chunks are
/// replaced by longer copies (a release), so a reader that learned a number finds its bytes.
/// Chunks of a checkpoint are loaded when a key of theirs is first read; their keys are found by the checkpoint's index, those added since by another.
/// Keys are at most <see cref="MaxKeyBytes"/> long and never cross a chunk. Where a key lies, its number stands before it: the hash index leads to
/// the key, which must be compared anyway, and the number is there already.
/// </remarks>
internal sealed class KeyTable
{
    /// <summary>The longest key, in bytes.</summary>
    public const int MaxKeyBytes = 4 * 1024;

    /// <summary>Bytes of a chunk at most, and what a chunk takes of the references.</summary>
    public const int ChunkBytes = 64 * 1024;

    /// <summary>Chunks that a reference of 32 bits reaches.</summary>
    public const int MaxChunks = 64 * 1024;

    /// <summary>Room of the first chunk.</summary>
    public const int FirstChunkBytes = 128;

    private const int NumberBytes = sizeof(int);
    private const int FirstReferences = 16;
    private readonly KeyedHash _hash;
    private readonly long _capacityBytes;
    private readonly Action? _full;
    private readonly HashIndex _index = new();
    private readonly StoredKeys? _stored;
    private byte[]?[] _chunks = [new byte[FirstChunkBytes]];
    private uint[]?[] _references = [new uint[FirstReferences]];
    private int _used;
    private int _lastChunkBytes = FirstChunkBytes;
    private long _bytes = FirstChunkBytes + (FirstReferences * sizeof(uint));

    /// <param name="hash">Spreads the keys.</param>
    /// <param name="capacityBytes">Bytes of all keys at most; null: those of <see cref="IndexCapacity.Default"/>.</param>
    /// <param name="stored">What a checkpoint holds, hashed alike; null: nothing.</param>
    /// <param name="full">Called before a key is refused; may throw.</param>
    public KeyTable(KeyedHash hash, long? capacityBytes = null, StoredKeys? stored = null, Action? full = null)
    {
        (_hash, _capacityBytes, _full) = (hash, capacityBytes ?? IndexCapacity.Default.KeyBytes, full);
        if (stored is { Count: > 0 })
        {
            KeyBytes = stored.KeyBytes;
            (_stored, Count, _used, _lastChunkBytes, _bytes) = (stored, stored.Count, stored.UsedBytes, stored.LastChunkBytes, 0);
            (_chunks, _references) = (new byte[]?[stored.Chunks.Length], new uint[]?[stored.References.Length]);
        }
    }

    /// <summary>References of a chunk.</summary>
    public const int ReferencesPerChunk = 4 * 1024;

    /// <summary>Keys so far. The writer's; readers take the count of their snapshot.</summary>
    public int Count { get; private set; }

    /// <summary>Bytes of all keys, each with its number and its length: how full the table is. Follows from the keys alone, however they lie. The writer's.</summary>
    public long KeyBytes { get; private set; }

    /// <summary>Bytes of memory, about.</summary>
    public long Bytes => Volatile.Read(ref _bytes) + _index.Bytes + (_stored?.Index.Bytes ?? 0);

    /// <summary>What a checkpoint has to say of the keys so far. The writer's.</summary>
    public KeyTableExtent Extent => new(Count, _chunks.Length, _used, _lastChunkBytes, KeyBytes);

    /// <summary>The bytes of a key.</summary>
    public ReadOnlySpan<byte> this[int number]
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        get => At(References(number / ReferencesPerChunk)[number % ReferencesPerChunk], out _);
    }

    /// <summary>The number of a key, or −1. May be one that the reader's snapshot does not count yet.</summary>
    public int Find(ReadOnlySpan<byte> key) => Find(_hash.Of(key), key);

    /// <summary>What <see cref="Prefetch"/> and <see cref="Find(ulong, ReadOnlySpan{byte})"/> take.</summary>
    public ulong HashOf(ReadOnlySpan<byte> key) => _hash.Of(key);

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
        var hashed = _hash.Of(key);
        var found = Find(hashed, key);
        return found >= 0 ? found : Add(key, hashed);
    }

    /// <summary>As <see cref="Find(ReadOnlySpan{byte})"/>, for a key whose hash is known.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public int Find(ulong hashed, ReadOnlySpan<byte> key)
    {
        var matcher = new Matcher(this, key);
        if (_stored is null || _stored.Index.Find(hashed, ref matcher) < 0)
        {
            _index.Find(hashed, ref matcher);
        }

        return matcher.Number;
    }

    /// <summary>The bytes of a chunk that hold keys below a count, for a checkpoint. Any thread.</summary>
    public ReadOnlySpan<byte> ChunkOf(int chunk, in KeyTableExtent extent) =>
        chunk < extent.Chunks - 1 ? Chunk(chunk) : Chunk(chunk).AsSpan(0, extent.UsedBytes);

    /// <summary>The references of a chunk below a count, for a checkpoint. Any thread.</summary>
    public ReadOnlySpan<uint> ReferencesOf(int chunk, in KeyTableExtent extent) =>
        References(chunk).AsSpan(0, Math.Min(ReferencesPerChunk, extent.Count - (chunk * ReferencesPerChunk)));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private byte[] Chunk(int chunk) => Volatile.Read(ref _chunks)[chunk] ?? LoadChunk(chunk);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private uint[] References(int chunk) => Volatile.Read(ref _references)[chunk] ?? LoadReferences(chunk);

    // A list that is replaced meanwhile may lack what is loaded here; then it is loaded once more, the same.
    private byte[] LoadChunk(int chunk)
    {
        var loaded = _stored!.Chunks.Load(chunk);
        Interlocked.Add(ref _bytes, loaded.Length);
        return Interlocked.CompareExchange(ref Volatile.Read(ref _chunks)[chunk], loaded, null) ?? loaded;
    }

    private uint[] LoadReferences(int chunk)
    {
        var loaded = _stored!.References.Load(chunk);
        Interlocked.Add(ref _bytes, loaded.Length * (long)sizeof(uint));
        return Interlocked.CompareExchange(ref Volatile.Read(ref _references)[chunk], loaded, null) ?? loaded;
    }

    /// <summary>A chunk for a walk over all of them: if it has to be loaded, it is not kept. Any thread.</summary>
    public byte[] ChunkOnce(int chunk) => Volatile.Read(ref _chunks)[chunk] ?? _stored!.Chunks.Load(chunk);

    /// <summary>References for a walk over all of them, as <see cref="ChunkOnce"/>.</summary>
    public uint[] ReferencesOnce(int chunk) => Volatile.Read(ref _references)[chunk] ?? _stored!.References.Load(chunk);

    /// <summary>Bytes of a key with its number and its length.</summary>
    public static int StoredBytes(ReadOnlySpan<byte> key) => (key.Length < 0x80 ? NumberBytes + 1 : NumberBytes + 2) + key.Length;

    /// <summary>Room of the chunk behind one, so that a key fits.</summary>
    public static int NextChunkBytes(int lastBytes, int neededBytes)
    {
        var length = Math.Min(ChunkBytes, lastBytes * 2);
        while (length < neededBytes)
        {
            length *= 2;
        }

        return length;
    }

    /// <summary>Writes a key with its number and its length.</summary>
    public static void WriteKey(Span<byte> destination, int number, ReadOnlySpan<byte> key)
    {
        BinaryPrimitives.WriteInt32LittleEndian(destination, number);
        destination[NumberBytes] = (byte)(key.Length < 0x80 ? key.Length : key.Length | 0x80);
        if (key.Length >= 0x80)
        {
            destination[NumberBytes + 1] = (byte)(key.Length >> 7);
        }

        key.CopyTo(destination[(StoredBytes(key) - key.Length)..]);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private ReadOnlySpan<byte> At(uint reference, out int number) =>
        KeyIn(Chunk((int)(reference / ChunkBytes)), (int)(reference % ChunkBytes), out number);

    /// <summary>The key at a place of a chunk.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static ReadOnlySpan<byte> KeyIn(byte[] chunk, int offset, out int number)
    {
        number = BinaryPrimitives.ReadInt32LittleEndian(chunk.AsSpan(offset));
        var first = chunk[offset + NumberBytes];
        return first < 0x80
            ? chunk.AsSpan(offset + NumberBytes + 1, first)
            : chunk.AsSpan(offset + NumberBytes + 2, (first & 0x7F) | (chunk[offset + NumberBytes + 1] << 7));
    }

    private int Add(ReadOnlySpan<byte> key, ulong hashed)
    {
        Invariant.Require(key.Length <= MaxKeyBytes, "the key is too long for a table of keys");
        var neededBytes = StoredBytes(key);
        if (KeyBytes + neededBytes > _capacityBytes)
        {
            _full?.Invoke();
            return -1;
        }

        var last = _used + neededBytes > _lastChunkBytes ? AddChunk(neededBytes) : OpenTail();
        var reference = ((_chunks.Length - 1) * (long)ChunkBytes) + _used;
        Invariant.Require(reference <= uint.MaxValue, "the keys of a table lie where 32 bits reach");
        WriteKey(last.AsSpan(_used), Count, key);
        _used += neededBytes;
        KeyBytes += neededBytes;
        AddReference(Count, (uint)reference);
        _index.Add(hashed, (int)reference);
        return Count++;
    }

    // A checkpoint keeps of the last chunk only what was used: written to again, it gets the room that it had. Readers of the other find the same in it.
    private byte[] OpenTail()
    {
        var last = Chunk(_chunks.Length - 1);
        if (last.Length < _lastChunkBytes)
        {
            var whole = new byte[_lastChunkBytes];
            last.CopyTo(whole, 0);
            Volatile.Write(ref _chunks, [.. _chunks[..^1], whole]);
            Interlocked.Add(ref _bytes, whole.Length - last.Length);
            last = whole;
        }

        return last;
    }

    private byte[] AddChunk(int neededBytes)
    {
        var length = NextChunkBytes(_lastChunkBytes, neededBytes);
        var chunk = new byte[length];
        Volatile.Write(ref _chunks, [.. _chunks, chunk]);
        Interlocked.Add(ref _bytes, length);
        (_used, _lastChunkBytes) = (0, length);
        return chunk;
    }

    private void AddReference(int number, uint reference)
    {
        var chunk = number / ReferencesPerChunk;
        var slot = number % ReferencesPerChunk;
        if (chunk == _references.Length)
        {
            Volatile.Write(ref _references, [.. _references, new uint[ReferencesPerChunk]]);
            Interlocked.Add(ref _bytes, ReferencesPerChunk * sizeof(uint));
        }
        else if (slot >= References(chunk).Length)
        {
            // The first chunk begins small, and a checkpoint keeps of the last one only what was used. Readers of the old one know only numbers that it holds.
            var before = References(chunk);
            var larger = new uint[chunk == 0 ? (int)BitOperations.RoundUpToPowerOf2((uint)slot + 1) : ReferencesPerChunk];
            before.CopyTo(larger, 0);
            Volatile.Write(ref _references, [.. _references[..chunk], larger]);
            Interlocked.Add(ref _bytes, (larger.Length - before.Length) * (long)sizeof(uint));
        }

        _references[chunk]![slot] = reference;
    }

    private readonly struct KeyPrefetch(byte[]?[] chunks) : IEntryMatcher
    {
        public unsafe bool Matches(int entry)
        {
            if (Sse.IsSupported && chunks[(uint)entry / ChunkBytes] is { } chunk)
            {
                Sse.Prefetch0(Unsafe.AsPointer(ref chunk[(uint)entry % ChunkBytes]));
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

/// <summary>How far a key table went at one moment.</summary>
/// <param name="Count">Keys.</param>
/// <param name="Chunks">Chunks that hold them.</param>
/// <param name="UsedBytes">Bytes of the last one that hold keys.</param>
/// <param name="LastChunkBytes">Room of the last one.</param>
/// <param name="KeyBytes">Bytes of all keys, each with its number and its length.</param>
internal readonly record struct KeyTableExtent(int Count, int Chunks, int UsedBytes, int LastChunkBytes, long KeyBytes)
{
    /// <summary>Chunks of references.</summary>
    public int ReferenceChunks => (Count + KeyTable.ReferencesPerChunk - 1) / KeyTable.ReferencesPerChunk;
}
