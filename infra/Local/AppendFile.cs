using Microsoft.Win32.SafeHandles;

namespace Cairn.Infra.Local;

/// <summary>A log file open for appending. Tests derive from it to fail where a disk would.</summary>
internal class AppendFile : IDisposable
{
    private readonly SafeFileHandle _handle;
    private long _dataBytes;

    /// <exception cref="IOException">The file does not exist, or cannot be opened.</exception>
    public AppendFile(string path)
    {
        Path = path;
        _handle = File.OpenHandle(path, FileMode.Open, FileAccess.ReadWrite, FileShare.ReadWrite | FileShare.Delete);
        _dataBytes = LengthBytes;
    }

    public string Path { get; }

    /// <summary>Bytes in the file, also those that a failed write left, and zeros behind its data.</summary>
    public long LengthBytes => RandomAccess.GetLength(_handle);

    /// <summary>Where the durable data ends; what stands behind it is no part of the log. At first all of the file. May be read from any thread.</summary>
    public long DataBytes
    {
        get => Volatile.Read(ref _dataBytes);
        set => Volatile.Write(ref _dataBytes, value);
    }

    public virtual void Write(ReadOnlySpan<byte> bytes, long offset) => RandomAccess.Write(_handle, bytes, offset);

    /// <summary>What was written is on the disk, and so is the length, when it returns.</summary>
    public virtual void Flush() => DataSync.Flush(_handle);

    public virtual void Truncate(long lengthBytes) => RandomAccess.SetLength(_handle, lengthBytes);

    /// <summary>Truncates as far as the disk obeys; false: it does not.</summary>
    public bool TryTruncate(long lengthBytes)
    {
        try
        {
            Truncate(lengthBytes);
            return true;
        }
        catch (Exception failure) when (LocalFailure.Is(failure))
        {
            return false;
        }
    }

    public virtual void Dispose()
    {
        _handle.Dispose();
        GC.SuppressFinalize(this);
    }
}
