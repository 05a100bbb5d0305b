using System.Collections.Concurrent;

namespace Cairn.Functions.Requests;

/// <summary>Idle encoders; a few, the rest is left to the garbage collector. Any thread.</summary>
internal sealed class EncoderPool
{
    private const int MaxIdle = 64;

    private readonly ConcurrentBag<CommitEncoder> _idle = [];

    public CommitEncoder Rent() => _idle.TryTake(out var encoder) ? encoder : new(this);

    public void Return(CommitEncoder encoder)
    {
        if (_idle.Count < MaxIdle && encoder.Tape.IsSmall)
        {
            encoder.Tape.Clear();
            _idle.Add(encoder);
        }
        else
        {
            encoder.Tape.Dispose();
        }
    }
}
