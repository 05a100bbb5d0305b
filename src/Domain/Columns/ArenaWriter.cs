using System.Buffers;
using System.Numerics;
using Cairn.Primitives;

namespace Cairn.Columns;

/// <summary>How full a chunk of an arena is.</summary>
/// <param name="Used">Bytes written to it; 0: there is no such chunk.</param>
/// <param name="Live">Bytes of them that are still referred to.</param>
internal readonly record struct ChunkUse(int Used, int Live);

/// <summary>An arena of a checkpoint.</summary>
/// <param name="Chunks">Of each chunk its used bytes.</param>
/// <param name="Uses">By number.</param>
/// <param name="Current">The chunk that is written to, −1 if none.</param>
internal sealed record StoredArena(IChunkSource<byte[]> Chunks, IReadOnlyList<ChunkUse> Uses, int Current);

/// <summary>
/// The writer's side of an arena: appends, and counts what is still referred to per chunk. One thread.
/// Invariant: the number of a chunk that was given up goes to a new one, so that numbers do not grow with what was ever written. Older
/// snapshots still find the old chunk: theirs is another directory.
/// </summary>
internal sealed class ArenaWriter
{
    private const int FirstChunkBytes = 256;

    private readonly SpineWriter<byte[]> _chunks;
    private readonly List<ChunkUse> _uses = [];
    private readonly List<ChunkNote> _notes = [];
    private readonly Stack<int> _free = new();
    private readonly ChunkMarks _written = new();
    private int _current = -1;
    private int _closedTail = -1;
    private bool _changed;
    private bool _growthNoted;
    private int _change;
    private long _changeBegin;
    private Arena _published;

    /// <param name="stored">What a checkpoint holds; null: nothing.</param>
    public ArenaWriter(StoredArena? stored = null)
    {
        _chunks = new(stored?.Chunks);
        _published = new(_chunks.Publish());
        if (stored is not null)
        {
            Restore(stored);
        }
    }

    /// <summary>What the writer alone knows of a chunk.</summary>
    /// <param name="Change">The change that added it.</param>
    /// <param name="AllocatedBytes">Its memory; 0 if a checkpoint holds it.</param>
    private readonly record struct ChunkNote(int Change, int AllocatedBytes);

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

    /// <summary>How full the chunks are, by number.</summary>
    public IReadOnlyList<ChunkUse> Uses => _uses;

    /// <summary>The chunk that is written to, −1 if there is none.</summary>
    public int Current => _current;

    /// <summary>The chunks that changed since a checkpoint took them.</summary>
    public ChunkMarks Written => _written;

    /// <summary>Begins a change: what is written from here on belongs to it.</summary>
    public void BeginChange()
    {
        _changeBegin = _current < 0 ? 0 : End;
        _change++;
        _growthNoted = false;
    }

    /// <summary>Whether a value was written since <see cref="BeginChange"/>: to a chunk added since, or to the one of then, behind its end of then.</summary>
    public bool IsOfThisChange(long reference) =>
        _notes[(int)(reference / Arena.Stride)].Change == _change
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

    private void Restore(StoredArena stored)
    {
        (_current, _closedTail) = (stored.Current, stored.Current);
        for (var number = 0; number < stored.Uses.Count; number++)
        {
            var use = stored.Uses[number];
            _uses.Add(use);
            _notes.Add(default);
            UsedBytes += use.Used;
            LiveBytes += use.Live;
            if (use.Used == 0)
            {
                _free.Push(number);
            }
        }

        // All that is stored is older than any change to come.
        BeginChange();
    }

    // A checkpoint keeps of the last chunk only what was used: written to again, it gets room. Readers of the stored one keep that.
    private void OpenTail()
    {
        var used = _uses[_current].Used;
        var room = (int)BitOperations.RoundUpToPowerOf2((uint)used + 1);
        var larger = GC.AllocateUninitializedArray<byte>(Math.Clamp(room, FirstChunkBytes, Arena.ChunkBytes));
        _chunks[_current].AsSpan(0, used).CopyTo(larger);
        _chunks.Set(_current, larger);
        _notes[_current] = _notes[_current] with { AllocatedBytes = larger.Length };
        AllocatedBytes += larger.Length;
        _closedTail = -1;
        _changed = true;
    }

    private void Reserve(int length)
    {
        if (_current >= 0 && _current == _closedTail)
        {
            OpenTail();
        }

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
            _uses[_current] = new(use.Used + part, use.Live + part);
            _written.Mark(_current);
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
            _notes.Add(default);
        }

        _uses[number] = default;
        _notes[number] = new(_change, lengthBytes);
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
        if (_uses[index] is { Live: 0, Used: > 0 })
        {
            UsedBytes -= _uses[index].Used;
            AllocatedBytes -= _notes[index].AllocatedBytes;
            (_uses[index], _notes[index]) = (default, default);
            _chunks.Set(index, null);
            _free.Push(index);
            _changed = true;
        }
    }
}
