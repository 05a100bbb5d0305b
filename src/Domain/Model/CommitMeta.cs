namespace Cairn.Model;

/// <summary>Who told us, and why: kept with the commit and shown in changes.</summary>
/// <param name="Actor">Who; null if not said.</param>
/// <param name="Note">Why; null if not said.</param>
public sealed record CommitMeta(string? Actor, string? Note);
