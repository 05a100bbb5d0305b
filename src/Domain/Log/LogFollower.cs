using Cairn.Formats;
using Cairn.Primitives;
using Cairn.Storage;

namespace Cairn.Log;

/// <summary>Reads what other processes appended behind what this one has seen, group by group, and moves the tail. One thread at a time.</summary>
/// <remarks>A store that several processes append to takes each append whole: what does not parse is damage, and nothing is ever torn.</remarks>
internal sealed class LogFollower(ILogStore store, LogTail tail)
{
    // Most looks find nothing, or little; the window grows for a group that does not fit.
    private const int ReadBytes = 64 * 1024;

    /// <summary>Gets every group of others in log order, roll frames excepted; its bytes are valid until the returned task completes.</summary>
    public Func<LogGroup, ValueTask>? Others { get; set; }

    /// <summary>Goes on in the tail's file: to an offset or its end, or behind a roll or seal frame, or up to the caller's own group.</summary>
    /// <param name="end">Where to stop at the latest; groups end there.</param>
    /// <param name="own">Writer and number of the first frame of the group that the caller appended, to stop before it.</param>
    /// <param name="cancellationToken">Ends the reading, between two groups.</param>
    /// <exception cref="CairnException">Corrupt: names file and offset. NotFound: the file is gone. Unavailable.</exception>
    public async ValueTask<FollowEnd> FollowAsync(long end, (WriterId Writer, ulong Sequence)? own, CancellationToken cancellationToken)
    {
        using var window = new LogWindow(store, tail.File, ReadBytes);
        while (tail.LengthBytes < end && !tail.IsSealed)
        {
            var head = await window.GetAsync(tail.LengthBytes, GroupHeader.HeaderBytes, cancellationToken).ConfigureAwait(false);
            if (head.IsEmpty)
            {
                return FollowEnd.Behind;
            }

            var group = await ReadGroupAsync(window, head, cancellationToken).ConfigureAwait(false);
            if (own is { } first && IsOwn(group, first))
            {
                return FollowEnd.AtOwn;
            }

            var summary = Verify(group);
            if (summary is { HasRoll: false } && Others is { } others)
            {
                await others(group).ConfigureAwait(false);
            }

            tail.Pass(group.Bytes.Length, summary);
            tail.TotalBytes += group.Bytes.Length;
            if (summary.HasRoll)
            {
                return FollowEnd.Rolled;
            }
        }

        return FollowEnd.Behind;
    }

    private async ValueTask<LogGroup> ReadGroupAsync(LogWindow window, ReadOnlyMemory<byte> head, CancellationToken cancellationToken)
    {
        if (GroupHeader.TryRead(head.Span, out var header))
        {
            var bytes = await window.GetAsync(tail.LengthBytes, header.LengthBytes, cancellationToken).ConfigureAwait(false);
            if (bytes.Length == header.LengthBytes)
            {
                return new(bytes, tail.File, tail.LengthBytes);
            }
        }

        throw LogDamage.At(tail.File, tail.LengthBytes, "no whole group begins here");
    }

    private GroupSummary Verify(in LogGroup group)
    {
        Invariant.Require(GroupHeader.TryRead(group.Bytes.Span, out var header), "the group was read a moment ago");
        GroupSummary summary;
        bool isWhole;
        try
        {
            isWhole = GroupSummary.TryRead(group.Bytes.Span, header, out summary);
        }
        catch (CairnException later) when (later.Kind == ErrorKind.Corrupt)
        {
            throw LogDamage.At(tail.File, tail.LengthBytes, later.Message, later);
        }

        return isWhole ? summary : throw LogDamage.At(tail.File, tail.LengthBytes, "a group is damaged");
    }

    private static bool IsOwn(in LogGroup group, (WriterId Writer, ulong Sequence) own) =>
        FrameView.TryParse(group.Bytes.Span[GroupHeader.HeaderBytes..], out var frame) && frame.Writer == own.Writer && frame.Sequence == own.Sequence;
}

/// <summary>Where following ended.</summary>
internal enum FollowEnd
{
    /// <summary>Behind the last group that there was, or behind a seal.</summary>
    Behind,

    /// <summary>Behind a roll frame: what stands there does not count, and the log goes on in the next file.</summary>
    Rolled,

    /// <summary>Before the caller's own group.</summary>
    AtOwn,
}
