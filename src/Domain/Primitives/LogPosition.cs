namespace Cairn.Primitives;

/// <summary>Where a frame ends in the log of one space: 21 bits of log file, 32 bits of offset. The version of everything.</summary>
/// <param name="Value">0 (nothing applied) to 2^53 − 1, so that it is exact as a JSON number.</param>
public readonly record struct LogPosition(long Value) : IComparable<LogPosition>
{
    /// <summary>Bits of the offset inside a log file.</summary>
    public const int OffsetBits = 32;

    /// <summary>The largest log file number that a position can name.</summary>
    public const int MaxFile = (1 << 21) - 1;

    /// <summary>Before the first frame.</summary>
    public static LogPosition Zero => default;

    /// <summary>The largest position.</summary>
    public static LogPosition Max => new((1L << 53) - 1);

    /// <summary>The log file, 0 to <see cref="MaxFile"/>.</summary>
    public int File => (int)(Value >> OffsetBits);

    /// <summary>Bytes from the start of the log file.</summary>
    public long Offset => Value & uint.MaxValue;

    /// <summary>Joins a log file and an offset.</summary>
    /// <exception cref="CairnException">Internal: either is out of range.</exception>
    public static LogPosition Of(int file, long offset)
    {
        Invariant.Require(file is >= 0 and <= MaxFile && offset is >= 0 and <= uint.MaxValue, "log position out of range");
        return new(((long)file << OffsetBits) | offset);
    }

    /// <inheritdoc/>
    public int CompareTo(LogPosition other) => Value.CompareTo(other.Value);

    /// <summary>Earlier in the log.</summary>
    public static bool operator <(LogPosition left, LogPosition right) => left.Value < right.Value;

    /// <summary>Later in the log.</summary>
    public static bool operator >(LogPosition left, LogPosition right) => left.Value > right.Value;

    /// <summary>Not later in the log.</summary>
    public static bool operator <=(LogPosition left, LogPosition right) => left.Value <= right.Value;

    /// <summary>Not earlier in the log.</summary>
    public static bool operator >=(LogPosition left, LogPosition right) => left.Value >= right.Value;

    /// <inheritdoc/>
    public override string ToString() => $"{File}:{Offset}";
}
