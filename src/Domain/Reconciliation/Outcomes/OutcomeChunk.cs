using Cairn.Formats;
using Cairn.Primitives;

namespace Cairn.Reconciliation.Outcomes;

/// <summary>
/// Records in the order of the log, with the keys of their commits: in memory, or on their way into a file. One thread until nothing is added
/// any more, then any number.
/// </summary>
/// <param name="first">Position of the first record.</param>
/// <param name="firstTime">Time of the first record.</param>
internal sealed class OutcomeChunk(LogPosition first, Timestamp firstTime)
{
    /// <summary>Bytes of records; a single record may be longer.</summary>
    public const int MaxBytes = 32 * 1024;

    /// <summary>Records.</summary>
    public const int MaxRecords = 2048;

    private const int FirstRecords = 8;
    private const int FirstBytes = 64;
    private byte[] _bytes = new byte[FirstBytes];
    private UInt128[] _keys = new UInt128[FirstRecords];
    private ushort[] _offsets = new ushort[FirstRecords];
    private int _lengthBytes;

    /// <summary>Position of the first record.</summary>
    public LogPosition First { get; } = first;

    /// <summary>Time of the first record.</summary>
    public Timestamp FirstTime { get; } = firstTime;

    /// <summary>Position of the last record.</summary>
    public LogPosition Last { get; private set; } = first;

    /// <summary>Time of the last record.</summary>
    public Timestamp LastTime { get; private set; } = firstTime;

    /// <summary>Records in it.</summary>
    public int Count { get; private set; }

    /// <summary>The records.</summary>
    public ReadOnlyMemory<byte> Records => _bytes.AsMemory(0, _lengthBytes);

    /// <summary>Bytes of memory.</summary>
    public int AllocatedBytes => _bytes.Length + (_keys.Length * (CommitKey.LengthBytes + sizeof(ushort)));

    /// <summary>A record.</summary>
    public OutcomeRecord this[int index]
    {
        get
        {
            var reader = new ByteReader(_bytes.AsSpan(_offsets[index], _lengthBytes - _offsets[index]));
            return OutcomeRecord.Read(ref reader, First, FirstTime);
        }
    }

    /// <summary>The key of a record's commit.</summary>
    public UInt128 Key(int index) => _keys[index];

    /// <summary>The first record behind a position; <see cref="Count"/> if there is none.</summary>
    public int IndexAfter(LogPosition position)
    {
        var (low, high) = (0, Count);
        while (low < high)
        {
            var middle = (low + high) / 2;
            (low, high) = this[middle].Position <= position ? (middle + 1, high) : (low, middle);
        }

        return low;
    }

    /// <summary>Adds a record; false: it does not fit any more.</summary>
    /// <param name="record">Written for this chunk.</param>
    /// <param name="key">Of its commit.</param>
    /// <param name="position">Where it ends, behind the last.</param>
    /// <param name="time">Its time.</param>
    public bool TryAdd(ReadOnlySpan<byte> record, UInt128 key, LogPosition position, Timestamp time)
    {
        if (Count == MaxRecords || (Count > 0 && _lengthBytes + record.Length > MaxBytes))
        {
            return false;
        }

        Grow(_lengthBytes + record.Length);
        record.CopyTo(_bytes.AsSpan(_lengthBytes));
        (_keys[Count], _offsets[Count]) = (key, (ushort)_lengthBytes);
        _lengthBytes += record.Length;
        Count++;
        (Last, LastTime) = (position, time);
        return true;
    }

    private void Grow(int lengthBytes)
    {
        if (lengthBytes > _bytes.Length)
        {
            Array.Resize(ref _bytes, Math.Max(lengthBytes, Math.Min(MaxBytes, 2 * _bytes.Length)));
        }

        if (Count == _keys.Length)
        {
            Array.Resize(ref _keys, 2 * Count);
            Array.Resize(ref _offsets, 2 * Count);
        }
    }
}
