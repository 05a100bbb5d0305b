using Cairn.Formats;
using Cairn.Model;
using Cairn.Primitives;

namespace Cairn.Log;

/// <summary>Makes the bytes of a group: its header, and frames stamped with writer, numbers and time.</summary>
internal static class GroupEncoder
{
    /// <summary>Bytes of a group of commits.</summary>
    public static int Measure(ReadOnlySpan<EncodedCommit> commits)
    {
        var lengthBytes = (long)GroupHeader.HeaderBytes;
        foreach (var commit in commits)
        {
            lengthBytes += commit.LengthBytes;
        }

        Invariant.Require(commits.Length > 0 && lengthBytes <= Limits.GroupBytes, "a group has at least one frame and fits into one append");
        return (int)lengthBytes;
    }

    /// <summary>The time of a group that is appended now: no commit lies before the instant at which it was first sent.</summary>
    public static Timestamp TimeOf(ReadOnlySpan<EncodedCommit> commits, Timestamp now)
    {
        foreach (var commit in commits)
        {
            now = Timestamp.Latest(now, commit.FirstSent);
        }

        return now;
    }

    /// <summary>Bytes of a group of one system frame.</summary>
    public static int SystemGroupBytes(int bodyBytes) => GroupHeader.HeaderBytes + FrameFormat.SystemFrameBytes(bodyBytes);

    /// <summary>A group of commits, into <see cref="Measure"/> bytes.</summary>
    public static void Write(ReadOnlySpan<EncodedCommit> commits, LogTail tail, WriterSequence sequence, Timestamp frameTime, Span<byte> group)
    {
        new GroupHeader(group.Length, commits.Length, tail.LengthBytes).Write(group);
        var at = GroupHeader.HeaderBytes;
        for (var i = 0; i < commits.Length; i++)
        {
            commits[i].Stamp(sequence.Writer, sequence.Next + (ulong)i, frameTime, group[at..]);
            at += commits[i].LengthBytes;
        }
    }

    /// <summary>A group of one system frame.</summary>
    public static ReadOnlyMemory<byte> System(FrameKind kind, ReadOnlyMemory<byte> body, LogTail tail, WriterSequence sequence, Timestamp frameTime)
    {
        var group = new byte[SystemGroupBytes(body.Length)];
        new GroupHeader(group.Length, 1, tail.LengthBytes).Write(group);
        FrameFormat.WriteSystemFrame(group.AsSpan(GroupHeader.HeaderBytes), kind, body.Span, sequence.Writer, sequence.Next, frameTime);
        return group;
    }
}
