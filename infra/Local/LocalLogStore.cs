using System.Diagnostics;
using System.Globalization;
using Cairn.Primitives;
using Cairn.Storage;

namespace Cairn.Infra.Local;

/// <summary>The log files of one space in a folder: <c>{n}.log</c>, written and flushed on the calling thread.</summary>
/// <remarks>
/// Invariants: the folder lock makes this process the only writer; an append is acknowledged after its flush; a failed write leaves
/// nothing behind its offset that a later append would not cut off first; a failed fsync is never retried, it stops the space.
/// </remarks>
internal sealed class LocalLogStore(SpaceLife life, Func<string, AppendFile> open) : ILogStore
{
    private const string Extension = ".log";

    private volatile AppendFile? _current;
    private int _currentFile;
    private ZeroedRoom _room;
    private bool _hasLeftover;
    private bool _foldersFlushed;

    // A local file has no count of appends; the limit of its size keeps files handy and positions in their 32 bits.
    public int MaxAppendsPerFile => int.MaxValue;

    public long MaxFileBytes => 1L << 30;

    public bool IsSoleWriter => true;

    public TimeSpan ClockLead => TimeSpan.Zero;

    public ValueTask<IReadOnlyList<int>> ListFilesAsync(CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        life.RequireTrusted();
        return new(life.Guard<IReadOnlyList<int>>(life.LogFolder, () =>
        {
            var files = Directory.EnumerateFiles(life.LogFolder).Select(NumberOf).OfType<int>().Order().ToArray();
            FlushFoldersOnce();
            return files;
        }));
    }

    public ValueTask<bool> CreateFileAsync(int file, ReadOnlyMemory<byte> header, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        life.RequireTrusted();
        var path = PathOf(file);
        return new(life.Guard(path, () =>
        {
            if (File.Exists(path))
            {
                return false;
            }

            DurableFile.Write(path, header);
            return true;
        }));
    }

    public ValueTask<long> AppendAsync(int file, ReadOnlyMemory<byte> bytes, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        life.RequireTrusted();
        var started = Stopwatch.GetTimestamp();
        var target = OpenForAppend(file);
        var offset = target.DataBytes;
        Write(target, bytes.Span, offset);
        _room.Extend(target, offset + bytes.Length, bytes.Length);
        FlushAppended(target, offset);
        target.DataBytes = offset + bytes.Length;
        LocalInstruments.AppendDuration.Record(Stopwatch.GetElapsedTime(started).TotalSeconds);
        return new(offset);
    }

    public ValueTask<int> ReadAsync(int file, long offset, Memory<byte> buffer, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        var path = PathOf(file);
        try
        {
            var endBytes = _current is { } current && current.Path == path ? current.DataBytes : long.MaxValue;
            using var handle = File.OpenHandle(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete);
            return new(RandomAccess.Read(handle, buffer.Span[..(int)Math.Clamp(endBytes - offset, 0, buffer.Length)], offset));
        }
        catch (Exception failure) when (LocalFailure.Is(failure))
        {
            throw LocalFailure.Translate(failure, path);
        }
    }

    public ValueTask<long> GetLengthAsync(int file, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        life.RequireTrusted();
        var target = OpenForAppend(file);
        Flush(target);
        return new(target.DataBytes);
    }

    public ValueTask<bool> TryCutAsync(int file, long offset, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        life.RequireTrusted();
        var target = OpenForAppend(file);
        return new(life.Guard(target.Path, () =>
        {
            TornBytes.SetAside(target.Path, offset);
            _room = default;
            target.Truncate(offset);
            target.DataBytes = offset;
            Flush(target);
            return true;
        }));
    }

    public ValueTask<bool> DeleteFileAsync(int file, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        life.RequireTrusted();
        var path = PathOf(file);
        return new(life.Guard(path, () => DurableFile.Delete(path)));
    }

    public ValueTask DisposeAsync()
    {
        CloseCurrent();
        return ValueTask.CompletedTask;
    }

    private int? NumberOf(string path) =>
        int.TryParse(Path.GetFileNameWithoutExtension(path), NumberStyles.None, CultureInfo.InvariantCulture, out var number) && path == PathOf(number)
            ? number
            : null;

    private string PathOf(int file) => Path.Combine(life.LogFolder, file.ToString(CultureInfo.InvariantCulture) + Extension);

    private AppendFile OpenForAppend(int file)
    {
        if (_current is not null && _currentFile == file)
        {
            return _current;
        }

        CloseCurrent();
        var path = PathOf(file);
        _current = LocalFailure.Guard(path, () => open(path));
        (_currentFile, _hasLeftover) = (file, false);
        return _current;
    }

    private void CloseCurrent()
    {
        if (_current is { } file)
        {
            _room.Return(file);
            file.Dispose();
        }

        _current = null;
    }

    private void Write(AppendFile target, ReadOnlySpan<byte> bytes, long offset)
    {
        try
        {
            if (_hasLeftover)
            {
                target.Truncate(offset);
                _hasLeftover = false;
            }

            target.Write(bytes, offset);
        }
        catch (Exception failure) when (LocalFailure.Is(failure))
        {
            _room = default;
            _hasLeftover = !target.TryTruncate(offset);
            throw LocalFailure.Translate(failure, target.Path);
        }
    }

    // Whether the bytes of a group lie on the disk is not known then: they go as far as the disk still obeys, but may come back with a restart.
    private void FlushAppended(AppendFile target, long offset)
    {
        try
        {
            target.Flush();
        }
        catch (Exception failure) when (LocalFailure.Is(failure))
        {
            _room = default;
            _ = target.TryTruncate(offset);
            var flush = new FlushFailedException(target.Path, failure);
            life.Stop(flush.Message);
            throw new CairnException(ErrorKind.Unknown, flush.Message, flush);
        }
    }

    private void Flush(AppendFile target)
    {
        try
        {
            target.Flush();
        }
        catch (Exception failure) when (LocalFailure.Is(failure))
        {
            throw life.Stopped(new FlushFailedException(target.Path, failure));
        }
    }

    private void FlushFoldersOnce()
    {
        if (!_foldersFlushed)
        {
            life.FlushFolders();
            _foldersFlushed = true;
        }
    }
}
