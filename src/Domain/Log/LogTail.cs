using Cairn.Formats;
using Cairn.Primitives;

namespace Cairn.Log;

/// <summary>Where the log goes on: what a scan found, and what the writer then moves forward. One thread at a time.</summary>
internal sealed class LogTail
{
    /// <summary>The log file to append to; −1 if there is none yet.</summary>
    public int File = -1;

    /// <summary>Where the next group begins.</summary>
    public long LengthBytes;

    /// <summary>Appends that the file has taken, its header included.</summary>
    public int AppendCount;

    /// <summary>Bytes of all log files.</summary>
    public long TotalBytes;

    /// <summary>Bytes of them before the position that reading began at.</summary>
    public long SkippedBytes;

    /// <summary>The latest frame time in the log.</summary>
    public Timestamp LatestTime;

    /// <summary>The next file exists, but its roll frame is not in this one yet.</summary>
    public bool MustRoll;

    /// <summary>A seal frame ends the log.</summary>
    public bool IsSealed;

    /// <summary>A barrier ends the log, so that everything before it lies below a verified offset.</summary>
    public bool EndsWithBarrier;

    public LogPosition Position => File < 0 ? LogPosition.Zero : LogPosition.Of(File, LengthBytes);

    /// <summary>Goes to a file that holds its header only.</summary>
    public void Enter(int file)
    {
        File = file;
        LengthBytes = LogFileHeader.LengthBytes;
        AppendCount = 1;
        MustRoll = false;
        EndsWithBarrier = false;
    }

    /// <summary>Goes on in a file behind what a checkpoint holds of it.</summary>
    public void Resume(in LogStart start) => (LengthBytes, AppendCount) = (start.Position.Offset, Math.Max(1, start.Appends));

    /// <summary>Moves behind a group.</summary>
    public void Pass(int groupBytes, in GroupSummary group)
    {
        LengthBytes += groupBytes;
        AppendCount++;
        LatestTime = Timestamp.Latest(LatestTime, group.LatestTime);
        IsSealed |= group.HasSeal;
        EndsWithBarrier = group.IsBarrier;
    }
}

/// <summary>What the log itself must know of a group's frames.</summary>
internal struct GroupSummary()
{
    public Timestamp LatestTime = Timestamp.Min;
    public bool HasRoll;
    public bool HasSeal;
    public bool IsBarrier;

    /// <summary>Whether a system frame of this kind ends the file, the log or a clean session.</summary>
    public static GroupSummary Of(FrameKind kind, Timestamp time)
    {
        var summary = new GroupSummary();
        summary.Add(kind, time);
        return summary;
    }

    public void Add(FrameKind kind, Timestamp time)
    {
        LatestTime = Timestamp.Latest(LatestTime, time);
        HasRoll |= kind == FrameKind.Roll;
        HasSeal |= kind == FrameKind.Seal;
        IsBarrier = kind == FrameKind.Barrier;
    }

    /// <summary>Verifies every frame of a group; false if one is damaged.</summary>
    /// <exception cref="CairnException">Corrupt: a frame is whole but of a later version.</exception>
    public static bool TryRead(ReadOnlySpan<byte> group, in GroupHeader header, out GroupSummary summary)
    {
        summary = new();
        if (header.Version != GroupHeader.KnownVersion)
        {
            throw Malformed.Unsupported("group version", header.Version, GroupHeader.KnownVersion);
        }

        var frames = 0;
        for (var at = GroupHeader.HeaderBytes; at < group.Length; frames++)
        {
            if (!FrameView.TryParse(group[at..], out var frame))
            {
                return false;
            }

            summary.Add(frame.Kind, frame.Time);
            at += frame.LengthBytes;
        }

        return frames == header.FrameCount;
    }
}
