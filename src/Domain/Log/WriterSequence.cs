using Cairn.Primitives;

namespace Cairn.Log;

/// <summary>
/// Who writes, and the number of the next frame. Numbers of one writer id begin with 1 and have no gaps; after 12 h without a frame
/// a new id is taken, because replay forgets an idle one after 24 h. One thread at a time.
/// </summary>
internal sealed class WriterSequence(Func<WriterId> newWriter)
{
    private static readonly TimeSpan IdleUntilNewId = TimeSpan.FromHours(12);

    private Timestamp _last = Timestamp.Min;

    public WriterId Writer { get; private set; } = newWriter();

    /// <summary>Number of the next frame.</summary>
    public ulong Next { get; private set; } = 1;

    /// <summary>Takes a new id if the last frame is too long ago.</summary>
    public void Renew(Timestamp now)
    {
        if (Next > 1 && now >= _last.Plus(IdleUntilNewId))
        {
            Abandon();
        }
    }

    /// <summary>Takes a new id: a group of this one may be on its way for ever, and its numbers are never used again.</summary>
    public void Abandon() => (Writer, Next) = (newWriter(), 1);

    /// <summary>So many frames are durable.</summary>
    public void Pass(int frames, Timestamp time)
    {
        Next += (ulong)frames;
        _last = Timestamp.Latest(_last, time);
    }
}
