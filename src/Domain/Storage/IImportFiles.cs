using Cairn.Primitives;

namespace Cairn.Storage;

/// <summary>A file that waits to be imported.</summary>
/// <param name="Space">Into which space.</param>
/// <param name="Name">Its name within those of the space, as whoever put it there chose it.</param>
/// <param name="Version">Changes whenever its content may have.</param>
/// <param name="LengthBytes">Its bytes.</param>
/// <param name="WrittenAt">When it was written last.</param>
public sealed record ImportFile(SpaceName Space, string Name, VersionTag Version, long LengthBytes, DateTimeOffset WrittenAt);

/// <summary>
/// Files that wait to be imported, by space: put there by this service, or by anybody who may write there. Safe to use from many threads and by many processes.
/// </summary>
/// <remarks>Every call may throw Unavailable (no answer, or no access) and Throttled.</remarks>
public interface IImportFiles
{
    /// <summary>The most files that <see cref="ListAsync"/> gives.</summary>
    const int MaxListed = 1000;

    /// <summary>Writes a file, in the place of one of that name: whole or not at all, and durable when it returns.</summary>
    /// <param name="space">Whose.</param>
    /// <param name="name">Well-formed as a key of a record (<see cref="RecordKey.IsValid"/>).</param>
    /// <param name="content">Read to its end.</param>
    /// <param name="cancellationToken">Ends the writing.</param>
    ValueTask<ImportFile> WriteAsync(SpaceName space, string name, Stream content, CancellationToken cancellationToken);

    /// <summary>A file as it is now; null: there is none.</summary>
    ValueTask<ImportFile?> FindAsync(SpaceName space, string name, CancellationToken cancellationToken);

    /// <summary>Some files, at most <see cref="MaxListed"/>; not those that seem to be in the midst of being written.</summary>
    ValueTask<IReadOnlyList<ImportFile>> ListAsync(CancellationToken cancellationToken);

    /// <summary>Reads bytes from an offset on.</summary>
    /// <returns>How many, at least one; 0: the file ends there.</returns>
    /// <exception cref="CairnException">Conflict: it is gone, or has another version.</exception>
    ValueTask<int> ReadAsync(ImportFile file, long offset, Memory<byte> destination, CancellationToken cancellationToken);

    /// <summary>Deletes a file, if it still has that version.</summary>
    ValueTask DeleteAsync(ImportFile file, CancellationToken cancellationToken);
}
