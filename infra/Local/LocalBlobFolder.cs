using System.Globalization;
using Cairn.Storage;

namespace Cairn.Infra.Local;

/// <summary>The blobs of one life of a space as files: a blob's name is its path below the folder of the life. Safe to use from many threads.</summary>
/// <remarks>
/// Invariants: a file appears under its name by a rename, after its bytes were flushed; what may stand under a name is only decided
/// under the gate, which is held until the rename is durable, so that nobody builds on a name that could vanish. Files that are being
/// written lie in a folder apart, whose name no blob can have; what a crash left there goes when the process that holds the store's
/// folder next looks at these blobs.
/// </remarks>
/// <param name="folder">The folder of the life.</param>
internal sealed class LocalBlobFolder(string folder)
{
    private readonly Lock _gate = new();
    private readonly string _unfinished = Path.Combine(folder, ".unfinished");
    private long _lastUnfinished;
    private bool _prepared;

    public string PathOf(string name) => Path.Combine(folder, name);

    /// <summary>Clears what a crash left and makes the names that it left durable; once in a process.</summary>
    /// <exception cref="DirectoryNotFoundException">There is no such life.</exception>
    public void Prepare()
    {
        lock (_gate)
        {
            if (!_prepared)
            {
                RequireThere();
                if (Directory.Exists(_unfinished))
                {
                    Directory.Delete(_unfinished, recursive: true);
                }

                foreach (var below in Directory.GetDirectories(folder, "*", SearchOption.AllDirectories))
                {
                    DirectorySync.Flush(below);
                }

                DirectorySync.FlushUpwards(folder, SpaceLife.LevelsOfALife);
                _prepared = true;
            }
        }
    }

    /// <summary>Begins a file that has no name yet.</summary>
    public UnfinishedFile Begin(Func<string, AppendFile> open)
    {
        RequireThere();
        Directory.CreateDirectory(_unfinished);
        var number = Interlocked.Increment(ref _lastUnfinished);
        return new(Path.Combine(_unfinished, number.ToString(CultureInfo.InvariantCulture)), open);
    }

    /// <summary>Gives a file its name; durable when it returns.</summary>
    /// <returns>False: the name is taken.</returns>
    public bool TryPlace(UnfinishedFile file, string name)
    {
        var path = PathOf(name);
        file.Flush();
        lock (_gate)
        {
            RequireThere();
            if (File.Exists(path))
            {
                return false;
            }

            DurableFile.CreateFolder(Path.GetDirectoryName(path)!);
            file.MoveTo(path);
            return true;
        }
    }

    public bool Delete(string name)
    {
        lock (_gate)
        {
            return DurableFile.Delete(PathOf(name));
        }
    }

    public BlobName[] List(string prefix)
    {
        var start = PathOf(prefix[..(prefix.LastIndexOf('/') + 1)]);
        var blobs = new List<BlobName>();
        foreach (var file in Directory.Exists(start) ? new DirectoryInfo(start).EnumerateFiles("*", SearchOption.AllDirectories) : [])
        {
            var name = Path.GetRelativePath(folder, file.FullName).Replace(Path.DirectorySeparatorChar, '/');
            if (name.StartsWith(prefix, StringComparison.Ordinal) && BlobName.IsValid(name) && LengthOf(file) is { } lengthBytes)
            {
                blobs.Add(new(name, lengthBytes));
            }
        }

        return [.. blobs.OrderBy(blob => blob.Name, StringComparer.Ordinal)];
    }

    // Null: deleted meanwhile.
    private static long? LengthOf(FileInfo file)
    {
        try
        {
            return file.Length;
        }
        catch (FileNotFoundException)
        {
            return null;
        }
    }

    // Making a folder makes those above it, too: a deleted space must not come back like this.
    private void RequireThere()
    {
        if (!Directory.Exists(folder))
        {
            throw new DirectoryNotFoundException(folder);
        }
    }
}
