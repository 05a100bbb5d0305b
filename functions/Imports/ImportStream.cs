using Cairn.Functions.Streams;
using Cairn.Storage;

namespace Cairn.Functions.Imports;

/// <summary>A file that waits to be imported as a stream, read in large pieces: in a storage account each is a request. One thread.</summary>
internal sealed class ImportStream(IImportFiles files, ImportFile file) : ReadOnlyStream
{
    private const int PieceBytes = 1024 * 1024;

    private readonly byte[] _piece = new byte[(int)Math.Min(PieceBytes, Math.Max(1, file.LengthBytes))];
    private long _offset;
    private int _start, _end;

    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        if (_start == _end)
        {
            (_start, _end) = (0, await files.ReadAsync(file, _offset, _piece, cancellationToken));
            _offset += _end;
        }

        var count = Math.Min(buffer.Length, _end - _start);
        _piece.AsSpan(_start, count).CopyTo(buffer.Span);
        _start += count;
        return count;
    }
}
