using Microsoft.Extensions.ObjectPool;

namespace Cairn.Functions.Requests;

/// <summary>Idle encoders; a few, the rest is left to the garbage collector. Any thread.</summary>
internal sealed class EncoderPool
{
    private const int MaxIdle = 64;

    private readonly DefaultObjectPool<CommitEncoder> _idle;

    public EncoderPool() => _idle = new(new Policy(this), MaxIdle);

    public CommitEncoder Rent() => _idle.Get();

    public void Return(CommitEncoder encoder) => _idle.Return(encoder);

    private sealed class Policy(EncoderPool pool) : PooledObjectPolicy<CommitEncoder>
    {
        public override CommitEncoder Create() => new(pool);

        public override bool Return(CommitEncoder encoder)
        {
            if (!encoder.Tape.IsSmall)
            {
                encoder.Tape.Dispose();
                return false;
            }

            encoder.Tape.Clear();
            return true;
        }
    }
}
