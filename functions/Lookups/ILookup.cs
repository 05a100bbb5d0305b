using Cairn.Snapshots;

namespace Cairn.Functions.Lookups;

/// <summary>What a read needs of a space, so that an index may have it.</summary>
internal interface ILookup
{
    /// <summary>A snapshot that answers the read as that of the whole space would; null: the index has none, and the space must be loaded.</summary>
    ValueTask<Snapshot?> FindAsync(ColdSpace space, CancellationToken cancellationToken);
}
