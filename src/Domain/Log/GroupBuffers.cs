using System.Buffers;

namespace Cairn.Log;

/// <summary>Pooled bytes of the group being sent and of the two before it, which may still be applied. Lives as a field and is never copied.</summary>
internal struct GroupBuffers()
{
    private byte[] _sending = [];
    private byte[] _last = [];
    private byte[] _lastButOne = [];

    /// <summary>Bytes for the next group. After an append that failed the groups before it keep theirs.</summary>
    public Memory<byte> Take(int lengthBytes)
    {
        Return(ref _lastButOne);
        Return(ref _sending);
        _sending = ArrayPool<byte>.Shared.Rent(lengthBytes);
        return _sending.AsMemory(0, lengthBytes);
    }

    /// <summary>The group that was taken last is durable: its bytes stay until the append after the next one begins.</summary>
    public void Keep()
    {
        _lastButOne = _last;
        _last = _sending;
        _sending = [];
    }

    /// <summary>Gives all of them back.</summary>
    public void Return()
    {
        Return(ref _lastButOne);
        Return(ref _last);
        Return(ref _sending);
    }

    private static void Return(ref byte[] buffer)
    {
        if (buffer.Length > 0)
        {
            ArrayPool<byte>.Shared.Return(buffer);
            buffer = [];
        }
    }
}
