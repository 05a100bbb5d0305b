namespace Cairn.Reconciliation;

/// <summary>Figures of the spaces of one process.</summary>
/// <param name="OpenSpaces">Spaces that are open.</param>
/// <param name="MemoryBytes">Bytes of memory that their data takes, about; by the last look.</param>
/// <param name="Evictions">Spaces that were closed because nobody used them.</param>
public readonly record struct CatalogStatistics(int OpenSpaces, long MemoryBytes, long Evictions);
