using System.Buffers;
using System.Runtime.CompilerServices;
using Cairn.Primitives;

namespace Cairn.Columns;

/// <summary>
/// Values that vary in length, written once and read by any snapshot that knows their reference. A reference is
/// chunk × 131,072 + offset; there lie the length (LEB128) and the bytes. A value that does not fit into one chunk
/// goes on at the start of the chunks behind it.
/// Invariants: bytes are written before the snapshot that refers to them is published, and never change after;
/// a chunk leaves the directory when no cell of the newest version refers to it (older snapshots keep theirs).
/// </summary>
internal readonly record struct Arena(Spine<byte[]> Chunks)
{
    /// <summary>Bytes of a full chunk: room for the longest string, and still not a large object to the garbage collector.</summary>
    public const int ChunkBytes = 80 * 1024;

    /// <summary>The first reference of the next chunk.</summary>
    public const int Stride = 128 * 1024;

    /// <summary>Bytes of a length at most: a value has less than 2^28 bytes.</summary>
    public const int MaxPrefixBytes = 4;

    /// <summary>Nothing.</summary>
    public static Arena Empty => new(Spine<byte[]>.Empty);

    /// <summary>Bytes of memory of its chunks.</summary>
    public long AllocatedBytes
    {
        get
        {
            var bytes = 0L;
            foreach (var chunks in Chunks.Chunks ?? [])
            {
                foreach (var chunk in chunks)
                {
                    bytes += chunk?.Length ?? 0;
                }
            }

            return bytes;
        }
    }

    /// <summary>A reference means the same value in another version: the number of its chunk has not gone to a new one, and what is written never changes.</summary>
    public bool SharesValue(Arena other, long reference) => ReferenceEquals(Chunk(reference), other.Chunk(reference));

    /// <summary>Bytes of a value.</summary>
    public int LengthOf(long reference) => Prefix(Chunk(reference), Offset(reference), out _);

    /// <summary>The bytes of a value where they lie, if they are in one piece; every value of up to <see cref="MaxContiguousBytes"/> is.</summary>
    public bool TryGetSpan(long reference, out ReadOnlySpan<byte> bytes)
    {
        var chunk = Chunk(reference);
        var offset = Offset(reference);
        var length = Prefix(chunk, offset, out var prefix);
        if (offset + prefix + length > chunk.Length)
        {
            bytes = default;
            return false;
        }

        bytes = chunk.AsSpan(offset + prefix, length);
        return true;
    }

    /// <summary>Values up to here always lie in one piece.</summary>
    public const int MaxContiguousBytes = ChunkBytes - MaxPrefixBytes;

    /// <summary>Copies a value; <paramref name="destination"/> has its length at least.</summary>
    public void CopyTo(long reference, Span<byte> destination)
    {
        var index = (int)(reference / Stride);
        var chunk = Chunk(reference);
        var length = Prefix(chunk, Offset(reference), out var prefix);
        var from = Offset(reference) + prefix;
        for (var done = 0; done < length; from = 0)
        {
            var part = Math.Min(length - done, chunk.Length - from);
            chunk.AsSpan(from, part).CopyTo(destination[done..]);
            done += part;
            chunk = done < length ? Chunks[++index]! : chunk;
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private byte[] Chunk(long reference) => Chunks[(int)(reference / Stride)]!;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static int Offset(long reference) => (int)(reference % Stride);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal static int Prefix(byte[] chunk, int offset, out int prefixBytes)
    {
        var first = chunk[offset];
        if (first < 0x80)
        {
            prefixBytes = 1;
            return first;
        }

        var second = chunk[offset + 1];
        if (second < 0x80)
        {
            prefixBytes = 2;
            return (first & 0x7F) | (second << 7);
        }

        var third = chunk[offset + 2];
        var length = (first & 0x7F) | ((second & 0x7F) << 7) | ((third & 0x7F) << 14);
        prefixBytes = third < 0x80 ? 3 : 4;
        return third < 0x80 ? length : length | (chunk[offset + 3] << 21);
    }
}

/// <summary>
/// The writer's side of an arena: appends, and counts what is still referred to per chunk. One thread.
/// Invariant: the number of a chunk that was given up goes to a new one, so that numbers do not grow with what was ever written. Older
/// snapshots still find the old chunk: theirs is another directory.
/// </summary>
internal sealed class ArenaWriter
{
    private const int FirstChunkBytes = 256;

    private readonly SpineWriter<byte[]> _chunks = new();
    private readonly List<ChunkUse> _uses = [];
    private readonly Stack<int> _free = new();
    private int _current = -1;
    private bool _changed;
    private bool _growthNoted;
    private int _change;
    private long _changeBegin;
    private Arena _published = Arena.Empty;

    /// <summary>What the writer knows of a chunk.</summary>
    /// <param name="Used">Bytes written to it.</param>
    /// <param name="Live">Bytes of them that are still referred to.</param>
    /// <param name="Change">The change that added it.</param>
    private readonly record struct ChunkUse(int Used, int Live, int Change);

    /// <summary>Bytes written to chunks that are still kept.</summary>
    public long UsedBytes { get; private set; }

    /// <summary>Bytes that are still referred to.</summary>
    public long LiveBytes { get; private set; }

    /// <summary>Bytes of memory of the chunks.</summary>
    public long AllocatedBytes { get; private set; }

    /// <summary>The version to publish, which is also how the writer reads.</summary>
    public Arena Publish()
    {
        if (_changed)
        {
            _changed = false;
            _published = new(_chunks.Publish());
        }

        return _published;
    }

    /// <summary>Begins a change: what is written from here on belongs to it.</summary>
    public void BeginChange()
    {
        _changeBegin = _current < 0 ? 0 : End;
        _change++;
        _growthNoted = false;
    }

    /// <summary>Whether a value was written since <see cref="BeginChange"/>: to a chunk added since, or to the one of then, behind its end of then.</summary>
    public bool IsOfThisChange(long reference) =>
        _uses[(int)(reference / Arena.Stride)].Change == _change
        || (reference / Arena.Stride == _changeBegin / Arena.Stride && reference >= _changeBegin);

    /// <summary>True the first time since <see cref="BeginChange"/>: then the next change has to begin here too.</summary>
    public bool TryNoteGrowth() => !_growthNoted && (_growthNoted = true);

    /// <summary>Writes a value and answers its reference.</summary>
    public long Append(ReadOnlySpan<byte> bytes)
    {
        Invariant.Require(bytes.Length < 1 << 28, "a value of an arena is below 256 MiB");
        Span<byte> prefix = stackalloc byte[Arena.MaxPrefixBytes];
        var prefixBytes = WritePrefix(bytes.Length, prefix);
        Reserve(prefixBytes + bytes.Length);
        var reference = End;
        Write(prefix[..prefixBytes]);
        Write(bytes);
        return reference;
    }

    /// <summary>Counts a value as no longer referred to; a chunk without any is given up.</summary>
    public void Release(long reference)
    {
        var index = (int)(reference / Arena.Stride);
        var offset = (int)(reference % Arena.Stride);
        var rest = Arena.Prefix(_chunks[index]!, offset, out var prefixBytes) + prefixBytes;
        while (rest > 0)
        {
            var part = Math.Min(rest, _chunks[index]!.Length - offset);
            (rest, offset) = (rest - part, 0);
            Drop(index++, part);
        }
    }

    /// <summary>Whether so much is dead that moving the rest pays.</summary>
    public bool WantsCompaction => UsedBytes > 2 * Arena.ChunkBytes && LiveBytes < UsedBytes / 2;

    /// <summary>Whether a value lies in a chunk that compaction empties.</summary>
    public bool IsSparse(long reference)
    {
        var index = (int)(reference / Arena.Stride);
        return index != _current && _uses[index].Live < _uses[index].Used * 3L / 4;
    }

    /// <summary>Reads what this writer wrote, published or not, if it lies in one piece.</summary>
    public ReadOnlySpan<byte> Read(long reference, ref byte[]? scratch)
    {
        var index = (int)(reference / Arena.Stride);
        var offset = (int)(reference % Arena.Stride);
        var length = Arena.Prefix(_chunks[index]!, offset, out var prefixBytes);
        if (offset + prefixBytes + length <= _chunks[index]!.Length)
        {
            return _chunks[index].AsSpan(offset + prefixBytes, length);
        }

        if (scratch is null || scratch.Length < length)
        {
            scratch = ArrayPool<byte>.Shared.Rent(length);
        }

        for (var (done, from) = (0, offset + prefixBytes); done < length; from = 0)
        {
            var part = Math.Min(length - done, _chunks[index]!.Length - from);
            _chunks[index++].AsSpan(from, part).CopyTo(scratch.AsSpan(done));
            done += part;
        }

        return scratch.AsSpan(0, length);
    }

    private static int WritePrefix(int length, Span<byte> prefix)
    {
        if (length < 0x80)
        {
            prefix[0] = (byte)length;
            return 1;
        }

        prefix[0] = (byte)(length | 0x80);
        if (length < 1 << 14)
        {
            prefix[1] = (byte)(length >> 7);
            return 2;
        }

        prefix[1] = (byte)((length >> 7) | 0x80);
        if (length < 1 << 21)
        {
            prefix[2] = (byte)(length >> 14);
            return 3;
        }

        prefix[2] = (byte)((length >> 14) | 0x80);
        prefix[3] = (byte)(length >> 21);
        return 4;
    }

    private long End => ((long)_current * Arena.Stride) + _uses[_current].Used;

    private void Reserve(int length)
    {
        if (_current >= 0 && _uses[_current].Used + length <= _chunks[_current]!.Length)
        {
            return;
        }

        var grown = _current < 0 ? FirstChunkBytes : Math.Min(Arena.ChunkBytes, _chunks[_current]!.Length * 2);
        while (grown < Arena.ChunkBytes && grown < length)
        {
            grown *= 2;
        }

        // The chunks of a value that needs several have numbers in a row, which only new numbers are for sure.
        var number = length <= Arena.ChunkBytes && _free.TryPop(out var free) ? free : _uses.Count;
        AddChunk(number, Math.Min(grown, Arena.ChunkBytes));
    }

    private void Write(ReadOnlySpan<byte> bytes)
    {
        while (!bytes.IsEmpty)
        {
            if (_uses[_current].Used == _chunks[_current]!.Length)
            {
                AddChunk(_current + 1, Arena.ChunkBytes);
            }

            var use = _uses[_current];
            var part = Math.Min(bytes.Length, _chunks[_current]!.Length - use.Used);
            bytes[..part].CopyTo(_chunks[_current].AsSpan(use.Used));
            bytes = bytes[part..];
            _uses[_current] = use with { Used = use.Used + part, Live = use.Live + part };
            UsedBytes += part;
            LiveBytes += part;
        }
    }

    private void AddChunk(int number, int lengthBytes)
    {
        var before = _current;
        _current = number;
        _chunks.Set(number, GC.AllocateUninitializedArray<byte>(lengthBytes));
        if (number == _uses.Count)
        {
            _uses.Add(default);
        }

        _uses[number] = new(0, 0, _change);
        AllocatedBytes += lengthBytes;
        _changed = true;
        if (before >= 0)
        {
            GiveUpIfDead(before);
        }
    }

    private void Drop(int index, int lengthBytes)
    {
        var use = _uses[index];
        _uses[index] = use with { Live = use.Live - lengthBytes };
        LiveBytes -= lengthBytes;
        Invariant.Require(use.Live >= lengthBytes, "a value was released twice");
        if (index != _current)
        {
            GiveUpIfDead(index);
        }
    }

    private void GiveUpIfDead(int index)
    {
        if (_uses[index].Live == 0 && _chunks[index] is { } chunk)
        {
            UsedBytes -= _uses[index].Used;
            AllocatedBytes -= chunk.Length;
            _chunks.Set(index, null);
            _free.Push(index);
            _changed = true;
        }
    }
}
