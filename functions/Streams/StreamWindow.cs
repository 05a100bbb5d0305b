using System.Buffers;
using Cairn.Functions.Requests;

namespace Cairn.Functions.Streams;

/// <summary>A moving window over a stream: what is unread is in one piece, and never longer than a limit. One thread.</summary>
internal sealed class StreamWindow(Stream stream, CancellationToken cancellationToken) : IDisposable
{
    private const int MinBytes = 64 * 1024;

    private byte[] _bytes = ArrayPool<byte>.Shared.Rent(MinBytes);
    private int _start;
    private int _end;

    /// <summary>Read from the stream and not taken yet.</summary>
    public ReadOnlyMemory<byte> Unread => _bytes.AsMemory(_start, _end - _start);

    public void Take(int count) => _start += count;

    /// <summary>Reads more behind what is unread; false at the end of the stream.</summary>
    public async ValueTask<bool> FillAsync()
    {
        if (_end == _bytes.Length)
        {
            MakeRoom();
        }

        var read = await RequestBody.ReadAsync(stream, _bytes.AsMemory(_end), cancellationToken);
        _end += read;
        return read > 0;
    }

    private void MakeRoom()
    {
        var target = _start < _bytes.Length / 2 ? ArrayPool<byte>.Shared.Rent(_bytes.Length * 2) : _bytes;
        _bytes.AsSpan(_start, _end - _start).CopyTo(target);
        if (target != _bytes)
        {
            ArrayPool<byte>.Shared.Return(_bytes);
            _bytes = target;
        }

        (_start, _end) = (0, _end - _start);
    }

    public void Dispose()
    {
        ArrayPool<byte>.Shared.Return(_bytes);
        _bytes = [];
        _start = _end = 0;
    }
}
