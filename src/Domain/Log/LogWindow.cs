using System.Buffers;
using Cairn.Model;
using Cairn.Storage;

namespace Cairn.Log;

/// <summary>A stretch of one log file in memory, moved forward as the scan goes on. Holds at most one group and a read-ahead.</summary>
internal sealed class LogWindow(ILogStore store, int file, int readBytes = LogWindow.ScanBytes) : IDisposable
{
    private const int ScanBytes = 1024 * 1024;

    private byte[] _buffer = ArrayPool<byte>.Shared.Rent(readBytes);
    private long _start;
    private int _filled;

    /// <summary>Bytes from an offset on: <paramref name="count"/> of them, or fewer where the file ends. Valid until the next call.</summary>
    public async ValueTask<ReadOnlyMemory<byte>> GetAsync(long offset, int count, CancellationToken cancellationToken)
    {
        if (offset < _start || offset + count > _start + _filled)
        {
            await MoveAsync(offset, count, cancellationToken).ConfigureAwait(false);
        }

        var at = (int)(offset - _start);
        return _buffer.AsMemory(at, Math.Min(count, _filled - at));
    }

    public void Dispose()
    {
        ArrayPool<byte>.Shared.Return(_buffer);
        _buffer = [];
    }

    private async ValueTask MoveAsync(long offset, int count, CancellationToken cancellationToken)
    {
        Keep(offset, count);
        while (_filled < count)
        {
            var read = await store.ReadAsync(file, _start + _filled, _buffer.AsMemory(_filled), cancellationToken).ConfigureAwait(false);
            if (read == 0)
            {
                return;
            }

            _filled += read;
        }
    }

    // Moves what is already here to the front of a buffer that has room for all.
    private void Keep(long offset, int count)
    {
        var larger = count > _buffer.Length ? ArrayPool<byte>.Shared.Rent(Math.Max(count, Limits.GroupBytes)) : _buffer;
        var kept = offset >= _start && offset < _start + _filled ? _buffer.AsSpan((int)(offset - _start), (int)(_start + _filled - offset)) : default;
        kept.CopyTo(larger);
        (_start, _filled) = (offset, kept.Length);
        if (larger != _buffer)
        {
            ArrayPool<byte>.Shared.Return(_buffer);
            _buffer = larger;
        }
    }
}
