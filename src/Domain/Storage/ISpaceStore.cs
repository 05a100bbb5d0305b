using Cairn.Primitives;

namespace Cairn.Storage;

/// <summary>What is known of a space without opening it.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Incarnation">Its life: deleting and re-creating makes a new one.</param>
/// <param name="CreatedAt">When this life began.</param>
public sealed record SpaceRecord(SpaceName Name, Incarnation Incarnation, Timestamp CreatedAt);

/// <summary>Where spaces are kept. Safe to use from many threads.</summary>
/// <remarks>Every call may throw Unavailable (the store does not answer, or refuses access: the message names what) and Corrupt.</remarks>
public interface ISpaceStore : IAsyncDisposable
{
    /// <summary>The space of that name; null if there is none.</summary>
    ValueTask<SpaceRecord?> FindAsync(SpaceName name, CancellationToken cancellationToken);

    /// <summary>All spaces, by name in ordinal order.</summary>
    ValueTask<IReadOnlyList<SpaceRecord>> ListAsync(CancellationToken cancellationToken);

    /// <summary>Creates the space unless its name is taken; durable when it returns.</summary>
    /// <returns>The space that has the name now, and whether this call made it.</returns>
    ValueTask<(SpaceRecord Record, bool Created)> CreateAsync(SpaceRecord wanted, CancellationToken cancellationToken);

    /// <summary>Deletes this life of a space: the pointer to it first, then its log files and blobs, which must be closed.</summary>
    /// <returns>False if the name leads to no space, or to another life of it.</returns>
    ValueTask<bool> DeleteAsync(SpaceRecord space, CancellationToken cancellationToken);

    /// <summary>Opens the log files of a space. Does no I/O; the caller disposes it.</summary>
    ILogStore OpenLog(SpaceRecord space);

    /// <summary>Opens the blobs of a space. Does no I/O; the caller disposes it.</summary>
    IBlobStore OpenBlobs(SpaceRecord space);
}
