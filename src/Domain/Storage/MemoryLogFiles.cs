using Cairn.Primitives;

namespace Cairn.Storage;

/// <summary>The log files of one space in memory, as blocks that are never changed once they are there. Safe to use from many threads.</summary>
internal sealed class MemoryLogFiles
{
    private readonly Lock _gate = new();
    private readonly SortedDictionary<int, List<(long Offset, byte[] Bytes)>> _files = [];
    private bool _deleted;

    /// <summary>The files of a space that does not exist.</summary>
    public static MemoryLogFiles Gone { get; } = new() { _deleted = true };

    public int[] List()
    {
        lock (_gate)
        {
            RequireAlive();
            return [.. _files.Keys];
        }
    }

    public bool Create(int file, ReadOnlySpan<byte> header)
    {
        lock (_gate)
        {
            RequireAlive();
            return _files.TryAdd(file, [(0, header.ToArray())]);
        }
    }

    public long Append(int file, ReadOnlySpan<byte> bytes)
    {
        lock (_gate)
        {
            var blocks = Blocks(file);
            var offset = End(blocks);
            blocks.Add((offset, bytes.ToArray()));
            return offset;
        }
    }

    public int Read(int file, long offset, Span<byte> buffer)
    {
        lock (_gate)
        {
            var blocks = Blocks(file);
            var read = 0;
            for (var i = IndexOfBlock(blocks, offset); i < blocks.Count && read < buffer.Length; i++)
            {
                var block = blocks[i].Bytes.AsSpan((int)Math.Max(0, offset - blocks[i].Offset));
                var count = Math.Min(block.Length, buffer.Length - read);
                block[..count].CopyTo(buffer[read..]);
                read += count;
            }

            return read;
        }
    }

    public long Length(int file)
    {
        lock (_gate)
        {
            return End(Blocks(file));
        }
    }

    public void Cut(int file, long offset)
    {
        lock (_gate)
        {
            var blocks = Blocks(file);
            var index = IndexOfBlock(blocks, offset);
            if (index < blocks.Count)
            {
                var (start, bytes) = blocks[index];
                blocks.RemoveRange(index, blocks.Count - index);
                if (offset > start)
                {
                    blocks.Add((start, bytes[..(int)(offset - start)]));
                }
            }
        }
    }

    public bool Delete(int file)
    {
        lock (_gate)
        {
            RequireAlive();
            return _files.Remove(file);
        }
    }

    public void DeleteAll()
    {
        lock (_gate)
        {
            _deleted = true;
            _files.Clear();
        }
    }

    /// <summary>The block that holds the byte at an offset; past the end the count.</summary>
    private static int IndexOfBlock(List<(long Offset, byte[] Bytes)> blocks, long offset)
    {
        var (low, high) = (0, blocks.Count);
        while (low < high)
        {
            var middle = (low + high) / 2;
            if (blocks[middle].Offset + blocks[middle].Bytes.Length <= offset)
            {
                low = middle + 1;
            }
            else
            {
                high = middle;
            }
        }

        return low;
    }

    private static long End(List<(long Offset, byte[] Bytes)> blocks) => blocks.Count == 0 ? 0 : blocks[^1].Offset + blocks[^1].Bytes.Length;

    private List<(long Offset, byte[] Bytes)> Blocks(int file)
    {
        RequireAlive();
        return _files.TryGetValue(file, out var blocks) ? blocks : throw new CairnException(ErrorKind.NotFound, $"there is no log file {file}");
    }

    private void RequireAlive()
    {
        if (_deleted)
        {
            throw new CairnException(ErrorKind.NotFound, "the space was deleted") { Problem = "unknown-space" };
        }
    }
}

/// <summary>One opening of <see cref="MemoryLogFiles"/>.</summary>
internal sealed class MemoryLogStore(MemoryLogFiles files, int maxAppendsPerFile, long maxFileBytes, bool isShared) : ILogStore
{
    public int MaxAppendsPerFile => maxAppendsPerFile;

    public long MaxFileBytes => maxFileBytes;

    public bool IsSoleWriter => !isShared;

    public TimeSpan ClockLead => TimeSpan.Zero;

    public ValueTask<IReadOnlyList<int>> ListFilesAsync(CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        return new(files.List());
    }

    public ValueTask<bool> CreateFileAsync(int file, ReadOnlyMemory<byte> header, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        return new(files.Create(file, header.Span));
    }

    public ValueTask<long> AppendAsync(int file, ReadOnlyMemory<byte> bytes, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        return new(files.Append(file, bytes.Span));
    }

    public ValueTask<int> ReadAsync(int file, long offset, Memory<byte> buffer, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        return new(files.Read(file, offset, buffer.Span));
    }

    public ValueTask<long> GetLengthAsync(int file, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        return new(files.Length(file));
    }

    public ValueTask<bool> TryCutAsync(int file, long offset, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        if (!isShared)
        {
            files.Cut(file, offset);
        }

        return new(!isShared);
    }

    public ValueTask<bool> DeleteFileAsync(int file, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        return new(files.Delete(file));
    }

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;
}
