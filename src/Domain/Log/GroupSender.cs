using Cairn.Formats;
using Cairn.Primitives;
using Cairn.Storage;

namespace Cairn.Log;

/// <summary>Sends one group at a time to the tail's file, and finds out where it stands and whether it counts. Moves the tail behind it.</summary>
internal sealed class GroupSender(ILogStore store, LogTail tail, WriterSequence sequence, LogFollower follower)
{
    /// <summary>A sole writer's append has an unknown outcome: nothing more may be sent.</summary>
    public bool IsFenced { get; private set; }

    /// <summary>What somebody is told who appends behind a seal.</summary>
    public static CairnException Sealed() => new(ErrorKind.NotFound, "the space was deleted") { Problem = "unknown-space" };

    /// <summary>Sends a group whose frames are numbered from the next number on; once it is on its way that is not cancelled.</summary>
    /// <returns>Null: it stands behind another process's roll frame, which ends the file, and does not count.</returns>
    /// <exception cref="CairnException">As <see cref="WriteLog.AppendAsync(ReadOnlyMemory{EncodedCommit}, Timestamp, CancellationToken)"/>.</exception>
    public async ValueTask<LogGroup?> SendAsync(ReadOnlyMemory<byte> group, int frameCount, GroupSummary summary)
    {
        var offset = await AppendAsync(group).ConfigureAwait(false);
        if (offset != tail.LengthBytes)
        {
            if (store.IsSoleWriter)
            {
                IsFenced = true;
                throw new CairnException(ErrorKind.Unknown, $"log file {tail.File}: the group lies at offset {offset}, behind bytes of another writer");
            }

            if (!await SeeBeforeAsync(offset).ConfigureAwait(false))
            {
                return null;
            }
        }

        var durable = new LogGroup(group, tail.File, tail.LengthBytes);
        sequence.Pass(frameCount, summary.LatestTime);
        tail.Pass(group.Length, summary);
        tail.TotalBytes += group.Length;
        LogInstruments.AppendSize.Record(group.Length);
        LogInstruments.AppendFrames.Record(frameCount);
        return durable;
    }

    // Where the group stands; null, of a log with several writers: it may stand somewhere behind the tail.
    private async ValueTask<long?> AppendAsync(ReadOnlyMemory<byte> group)
    {
        try
        {
            return await store.AppendAsync(tail.File, group, CancellationToken.None).ConfigureAwait(false);
        }
        catch (CairnException failure) when (failure.Kind is ErrorKind.Unavailable or ErrorKind.Throttled or ErrorKind.NotFound)
        {
            throw;
        }
        catch (CairnException failure) when (!store.IsSoleWriter && failure.Kind == ErrorKind.Unknown)
        {
            return null;
        }
        catch
        {
            IsFenced = true;
            throw;
        }
    }

    // Moves the tail to where the group stands; false: behind the roll frame that another process wrote before it.
    private async ValueTask<bool> SeeBeforeAsync(long? offset)
    {
        try
        {
            // Found before its offset it was written twice: the first one counts.
            var end = await follower.FollowAsync(offset ?? long.MaxValue, (sequence.Writer, sequence.Next), CancellationToken.None).ConfigureAwait(false);
            if (tail.IsSealed)
            {
                throw Sealed();
            }

            // What was sent may arrive later still, but then behind the roll frame.
            if (end == FollowEnd.Rolled)
            {
                return false;
            }

            if (end == FollowEnd.AtOwn || offset == tail.LengthBytes)
            {
                return true;
            }
        }
        catch (CairnException failure) when (failure is { Kind: ErrorKind.Unavailable or ErrorKind.Throttled } or { Kind: ErrorKind.NotFound, Problem: null })
        {
            // Also if this process stood still here until the file was collected: the group may count in it.
            throw Unseen(failure);
        }

        throw offset is null ? Unseen(null) : LogDamage.At(tail.File, tail.LengthBytes, "the file ends before the group that was just appended");
    }

    private CairnException Unseen(CairnException? inner)
    {
        sequence.Abandon();
        return new(ErrorKind.Unknown, $"log file {tail.File}: it is not known whether the group was appended", inner);
    }
}
