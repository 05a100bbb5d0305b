using Cairn.Benchmarks.Workload;

namespace Cairn.Benchmarks.Memory;

/// <summary>What a child process holds when it is measured.</summary>
/// <param name="Name">How the command line calls it.</param>
/// <param name="Concepts">Concepts written.</param>
/// <param name="Parts">What of them.</param>
/// <param name="WithAssociations">Their associations too.</param>
internal sealed record MemoryCase(string Name, int Concepts, ConceptParts Parts, bool WithAssociations)
{
    /// <summary>Everything is generated and encoded, nothing is written: what the others are compared with.</summary>
    public static readonly MemoryCase Empty = new("empty", 0, ConceptParts.None, false);

    public static readonly MemoryCase Records = new("records", 100_000, ConceptParts.Attributes, false);

    public static readonly MemoryCase Small = new("small", 10_000, ConceptParts.All, true);

    public static readonly MemoryCase Full = new("full", 100_000, ConceptParts.All, true);

    /// <summary>10 million updates of 1,000 concepts.</summary>
    public static readonly MemoryCase Updates = new("updates", 1_000, ConceptParts.All, false);

    public static MemoryCase Named(string name) =>
        new[] { Empty, Records, Small, Full, Updates }.FirstOrDefault(one => one.Name == name) ?? throw new ArgumentException($"there is no case {name}");
}
