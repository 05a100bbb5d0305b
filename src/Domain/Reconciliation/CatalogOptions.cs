namespace Cairn.Reconciliation;

/// <summary>When a catalog closes spaces that nobody uses. Immutable.</summary>
public sealed record CatalogOptions
{
    /// <summary>All spaces stay open until the catalog is closed.</summary>
    public static readonly CatalogOptions KeepsAll = new() { MemoryBytes = long.MaxValue, MaxIdle = Timeout.InfiniteTimeSpan, VisitInterval = Timeout.InfiniteTimeSpan };

    /// <summary>Bytes of memory that the open spaces may take together; past it idle ones are closed, largest first, until the others fit.</summary>
    public required long MemoryBytes { get; init; }

    /// <summary>How long nobody must have used a space for it to be closed past the budget; positive.</summary>
    public TimeSpan MinIdle { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>How long nobody must have used a space for it to be closed in any case; infinite: never for that reason.</summary>
    public TimeSpan MaxIdle { get; init; } = TimeSpan.FromMinutes(15);

    /// <summary>How often the catalog looks; positive.</summary>
    public TimeSpan LookInterval { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>How often spaces that are closed are opened for a moment, so that what their retention and expiry end goes; infinite: never.</summary>
    public TimeSpan VisitInterval { get; init; } = TimeSpan.FromDays(1);
}
