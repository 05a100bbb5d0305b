using Microsoft.Win32.SafeHandles;

namespace Cairn.Infra.Local;

/// <summary>A log file open for appending. Tests derive from it to fail where a disk would.</summary>
internal class AppendFile : IDisposable
{
    private readonly SafeFileHandle _handle;

    /// <exception cref="IOException">The file does not exist, or cannot be opened.</exception>
    public AppendFile(string path)
    {
        Path = path;
        _handle = File.OpenHandle(path, FileMode.Open, FileAccess.ReadWrite, FileShare.ReadWrite | FileShare.Delete);
    }

    public string Path { get; }

    /// <summary>Bytes in the file, also those that a failed write left.</summary>
    public long LengthBytes => RandomAccess.GetLength(_handle);

    public virtual void Write(ReadOnlySpan<byte> bytes, long offset) => RandomAccess.Write(_handle, bytes, offset);

    public virtual void Flush() => RandomAccess.FlushToDisk(_handle);

    public virtual void Truncate(long lengthBytes) => RandomAccess.SetLength(_handle, lengthBytes);

    public virtual void Dispose()
    {
        _handle.Dispose();
        GC.SuppressFinalize(this);
    }
}
