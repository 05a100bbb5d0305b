namespace Cairn.Infra.Local;

/// <summary>A file that is being written and has no name yet; it goes when it is disposed without having got one. One caller at a time.</summary>
internal sealed class UnfinishedFile : IDisposable
{
    private readonly string _path;
    private readonly AppendFile _file;
    private long _lengthBytes;

    public UnfinishedFile(string path, Func<string, AppendFile> open)
    {
        _path = path;
        File.OpenHandle(path, FileMode.CreateNew, FileAccess.Write).Dispose();
        _file = open(path);
    }

    public void Write(ReadOnlySpan<byte> bytes)
    {
        _file.Write(bytes, _lengthBytes);
        _lengthBytes += bytes.Length;
    }

    // A failure here hurts nobody else, unlike that of a log's: nothing refers to these bytes, and another try writes another file.
    public void Flush() => _file.Flush();

    /// <summary>Renames the file, over one that is there; durable when it returns.</summary>
    /// <exception cref="FlushFailedException">An fsync failed.</exception>
    public void MoveTo(string path)
    {
        _file.Dispose();
        File.Move(_path, path, overwrite: true);
        DirectorySync.Flush(Path.GetDirectoryName(path)!);
    }

    public void Dispose()
    {
        _file.Dispose();
        try
        {
            File.Delete(_path);
        }
        catch (Exception failure) when (LocalFailure.Is(failure))
        {
            // It goes when the blobs are next opened; what is thrown meanwhile matters more.
        }
    }
}
