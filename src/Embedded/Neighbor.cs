using Cairn.Model;

namespace Cairn.Embedded;

/// <summary>What lies at the other end of one of a concept's associations.</summary>
/// <param name="Association">The association.</param>
/// <param name="IsOutgoing">It leaves the concept that was asked for; one of a concept with itself counts as outgoing.</param>
/// <param name="Id">The neighbour's id.</param>
/// <param name="Concept">The neighbour; null: it was never put, only associations speak of it.</param>
public sealed record Neighbor(Association Association, bool IsOutgoing, string Id, Concept? Concept);
