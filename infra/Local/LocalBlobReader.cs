using Cairn.Storage;
using Microsoft.Win32.SafeHandles;

namespace Cairn.Infra.Local;

/// <summary>An open file. Its handle outlives a deletion of the name.</summary>
internal sealed class LocalBlobReader : IBlobReader
{
    private readonly string _path;
    private readonly SafeFileHandle _handle;

    private LocalBlobReader(string path, SafeFileHandle handle)
    {
        _path = path;
        _handle = handle;
        LengthBytes = RandomAccess.GetLength(handle);
    }

    public long LengthBytes { get; }

    /// <summary>Null: there is no such file.</summary>
    /// <exception cref="IOException">It cannot be opened.</exception>
    public static LocalBlobReader? Open(string path)
    {
        try
        {
            return new(path, File.OpenHandle(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete, FileOptions.RandomAccess));
        }
        catch (Exception failure) when (failure is FileNotFoundException or DirectoryNotFoundException)
        {
            return null;
        }
    }

    public void Read(long offset, Span<byte> destination)
    {
        if (offset < 0 || offset > LengthBytes - destination.Length)
        {
            throw BlobFailure.Short(_path, LengthBytes, offset, destination.Length);
        }

        try
        {
            for (var filled = 0; filled < destination.Length;)
            {
                var read = RandomAccess.Read(_handle, destination[filled..], offset + filled);
                filled += read > 0 ? read : throw BlobFailure.Short(_path, LengthBytes, offset, destination.Length);
            }
        }
        catch (Exception failure) when (LocalFailure.Is(failure))
        {
            throw LocalFailure.Translate(failure, _path);
        }
    }

    public void Dispose() => _handle.Dispose();
}
