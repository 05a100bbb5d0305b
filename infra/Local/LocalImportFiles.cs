using System.Globalization;
using Cairn.Primitives;
using Cairn.Storage;

namespace Cairn.Infra.Local;

/// <summary>
/// Files that wait to be imported, in a data folder beside the spaces: <c>{folder}/.imports/{space}/{name}</c>. The dot keeps them apart from a space of that
/// name. Safe to use from many threads and processes.
/// </summary>
/// <remarks>A file's version is its length and when it was written. Who copies one here writes it bit by bit: one that was written a moment ago is not
/// listed, unless it has a name of those that <see cref="WriteAsync"/> takes: those are whole as soon as they are there.</remarks>
public sealed class LocalImportFiles : IImportFiles
{
    private const string FolderName = ".imports", Unfinished = ".new";
    private const int BufferBytes = 128 * 1024;
    private static readonly TimeSpan Rest = TimeSpan.FromSeconds(2);

    private readonly string _folder;
    private readonly TimeProvider _time;

    private LocalImportFiles(string folder, TimeProvider time) => (_folder, _time) = (folder, time);

    /// <summary>Names the place. Does no I/O; what is missing is made by the first write.</summary>
    public static LocalImportFiles Open(string dataFolder, TimeProvider time) => new(Path.Combine(Path.GetFullPath(dataFolder), FolderName), time);

    /// <inheritdoc/>
    public async ValueTask<ImportFile> WriteAsync(SpaceName space, string name, Stream content, CancellationToken cancellationToken)
    {
        RecordKey.Require(name);
        var path = PathOf(space, name);
        try
        {
            DurableFile.CreateFolder(Path.GetDirectoryName(path)!);

            // Two may write one name at once: each beside its place under a name of its own.
            var unfinished = $"{path}.{Guid.NewGuid():N}{Unfinished}";
            try
            {
                using (var file = new FileStream(unfinished, FileMode.CreateNew, FileAccess.Write, FileShare.Read, BufferBytes, useAsync: false))
                {
                    await content.CopyToAsync(file, BufferBytes, cancellationToken).ConfigureAwait(false);
                    file.Flush(flushToDisk: true);
                }

                File.Move(unfinished, path, overwrite: true);
            }
            finally
            {
                File.Delete(unfinished);
            }

            DirectorySync.Flush(Path.GetDirectoryName(path)!);
            return Describe(space, new(path));
        }
        catch (Exception failure) when (LocalFailure.Is(failure))
        {
            throw LocalFailure.Translate(failure, path);
        }
    }

    /// <inheritdoc/>
    public ValueTask<ImportFile?> FindAsync(SpaceName space, string name, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();

        // A name from outside may be a way to somewhere else: here it names a file of this folder, or nothing.
        if (Path.GetFileName(name) != name || !IsName(name))
        {
            return new((ImportFile?)null);
        }

        var path = PathOf(space, name);
        return new(LocalFailure.Guard(path, () => new FileInfo(path) is { Exists: true } file ? Describe(space, file) : null));
    }

    /// <inheritdoc/>
    public ValueTask<IReadOnlyList<ImportFile>> ListAsync(CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        var now = _time.GetUtcNow();
        return new(LocalFailure.Guard(_folder, () => Directory.Exists(_folder)
            ? (IReadOnlyList<ImportFile>)[.. Files().Where(file => RecordKey.IsValid(file.Name) || (now - file.WrittenAt).Duration() >= Rest).Take(IImportFiles.MaxListed)]
            : []));
    }

    /// <inheritdoc/>
    public async ValueTask<int> ReadAsync(ImportFile file, long offset, Memory<byte> destination, CancellationToken cancellationToken)
    {
        var path = PathOf(file.Space, file.Name);
        try
        {
            using var handle = File.OpenHandle(path, options: FileOptions.SequentialScan, share: FileShare.ReadWrite | FileShare.Delete);
            return VersionOf(File.GetLastWriteTimeUtc(handle), RandomAccess.GetLength(handle)) == file.Version
                ? await RandomAccess.ReadAsync(handle, destination, offset, cancellationToken).ConfigureAwait(false)
                : throw Changed(path);
        }
        catch (Exception failure) when (failure is FileNotFoundException or DirectoryNotFoundException)
        {
            throw Changed(path);
        }
        catch (Exception failure) when (LocalFailure.Is(failure))
        {
            throw LocalFailure.Translate(failure, path);
        }
    }

    /// <inheritdoc/>
    public async ValueTask DeleteAsync(ImportFile file, CancellationToken cancellationToken)
    {
        if ((await FindAsync(file.Space, file.Name, cancellationToken).ConfigureAwait(false))?.Version == file.Version)
        {
            var path = PathOf(file.Space, file.Name);
            LocalFailure.Guard(path, () => DurableFile.Delete(path));
        }
    }

    private IEnumerable<ImportFile> Files() =>
        from folder in new DirectoryInfo(_folder).EnumerateDirectories()
        let space = SpaceName.TryParse(folder.Name, out var name) ? name : (SpaceName?)null
        where space is not null
        from file in folder.EnumerateFiles()
        where IsName(file.Name)
        select Describe(space.Value, file);

    private static bool IsName(string name) => name.Length > 0 && name[0] != '.' && !name.EndsWith(Unfinished, StringComparison.Ordinal);

    private static ImportFile Describe(SpaceName space, FileInfo file) =>
        new(space, file.Name, VersionOf(file.LastWriteTimeUtc, file.Length), file.Length, new(file.LastWriteTimeUtc, TimeSpan.Zero));

    private static VersionTag VersionOf(DateTime writtenAt, long lengthBytes) => new(string.Create(CultureInfo.InvariantCulture, $"{writtenAt.Ticks:x}-{lengthBytes:x}"));

    private static CairnException Changed(string path) => new(ErrorKind.Conflict, $"{path} is gone or was changed while it was read");

    private string PathOf(SpaceName space, string name) => Path.Combine(_folder, space.ToString(), name);
}
