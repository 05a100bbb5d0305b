using Cairn.Snapshots;

namespace Cairn.Functions.Lookups;

/// <summary>Looks for concepts by id.</summary>
internal sealed class ConceptsLookup(IReadOnlyList<ReadOnlyMemory<byte>> ids) : ILookup
{
    public ValueTask<Snapshot?> FindAsync(ColdSpace space, CancellationToken cancellationToken) => space.FindAsync(ids, cancellationToken);
}
