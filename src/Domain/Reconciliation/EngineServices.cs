using Cairn.Diagnostics;
using Cairn.Storage;
using Cairn.Storage.Lookups;

namespace Cairn.Reconciliation;

/// <summary>What a space needs from its surroundings.</summary>
/// <param name="Time">Wall clock and timers.</param>
/// <param name="NewId">Random 128-bit ids: writers, incarnations, hash keys.</param>
/// <param name="Observer">Hears what happens.</param>
public sealed record EngineServices(TimeProvider Time, Func<UInt128> NewId, IEngineObserver Observer)
{
    /// <summary>Where concepts can be looked up without the space; shared, not disposed by it; null: nowhere.</summary>
    public ILookupsIndex? Lookups { get; init; }

    /// <summary>The remote model that embeds concepts; shared, not disposed by the space; null: none does.</summary>
    public IEmbedder? Embedder { get; init; }
}
