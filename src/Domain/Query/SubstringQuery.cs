using Cairn.Primitives;
using Cairn.Snapshots;

namespace Cairn.Query;

/// <summary>The concepts in whose id, labels or texts a piece of text occurs, whatever the case of either; in order of arrival.</summary>
/// <remarks>Case is that of the invariant culture, letter by letter. Every concept from <see cref="FirstRow"/> on is looked at until the page is full: O(bytes of text).</remarks>
public sealed record SubstringQuery
{
    /// <summary>What is looked for; empty: it occurs everywhere.</summary>
    public required string Text { get; init; }

    /// <summary>Name of the attribute whose texts are looked through: an array of them; UTF-8.</summary>
    public required ReadOnlyMemory<byte> Attribute { get; init; }

    /// <summary>For expiry; taken once per request.</summary>
    public required Timestamp Now { get; init; }

    /// <summary>The row to begin at.</summary>
    public int FirstRow { get; init; }

    /// <summary>Concepts at most, 1 or more.</summary>
    public int Limit { get; init; } = int.MaxValue;

    /// <summary>Begins to look.</summary>
    public Scan<SubstringMatches> Start(Snapshot snapshot) => new SubstringScan(this, snapshot);
}

/// <summary>What was found.</summary>
/// <param name="Rows">Of concepts, ascending.</param>
/// <param name="HasMore">There are others behind the last one.</param>
public readonly record struct SubstringMatches(IReadOnlyList<int> Rows, bool HasMore);
