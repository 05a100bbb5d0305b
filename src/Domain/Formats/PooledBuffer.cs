using System.Buffers;
using System.Runtime.CompilerServices;
using Cairn.Model;
using Cairn.Primitives;

namespace Cairn.Formats;

/// <summary>A growing buffer from the shared pool. Lives as a field and is never copied. Holds at most one commit's frame.</summary>
internal struct PooledBuffer
{
    private const int MinBytes = 512;

    private byte[]? _bytes;

    public int Length { get; private set; }

    public readonly Span<byte> Written => _bytes.AsSpan(0, Length);

    /// <summary>Empties it, with room for about <paramref name="expectedBytes"/>.</summary>
    public void Clear(int expectedBytes)
    {
        _bytes ??= ArrayPool<byte>.Shared.Rent(Math.Max(expectedBytes, MinBytes));
        Length = 0;
    }

    /// <summary>Forgets what was written from <paramref name="length"/> on.</summary>
    public void Truncate(int length) => Length = length;

    /// <summary>Lengthens it by <paramref name="count"/> bytes that the caller overwrites.</summary>
    /// <exception cref="CairnException">Invalid, <c>too-large</c>: more than a commit may hold.</exception>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public Span<byte> Reserve(int count)
    {
        var start = Length;
        if (_bytes is null || count > _bytes.Length - start)
        {
            Grow(count);
        }

        Length = start + count;
        return _bytes.AsSpan(start, count);
    }

    /// <summary>Hands the array over; the buffer is without one until it is cleared.</summary>
    public byte[] Detach()
    {
        var bytes = _bytes!;
        _bytes = null;
        Length = 0;
        return bytes;
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private void Grow(int count)
    {
        var needed = (long)Length + count;
        RequireCommitSize(needed);
        var larger = ArrayPool<byte>.Shared.Rent((int)Math.Max(needed, Math.Max(MinBytes, 2L * Length)));
        if (_bytes is not null)
        {
            Written.CopyTo(larger);
            ArrayPool<byte>.Shared.Return(_bytes);
        }

        _bytes = larger;
    }

    public static void RequireCommitSize(long lengthBytes)
    {
        if (lengthBytes > Limits.CommitBytes)
        {
            throw new CairnException(ErrorKind.Invalid, $"a commit takes at most {Limits.CommitBytes} bytes, encoded")
            {
                Problem = "too-large",
                Limit = Limits.CommitBytes,
                Actual = lengthBytes,
            };
        }
    }
}
