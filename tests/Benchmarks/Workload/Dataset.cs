namespace Cairn.Benchmarks.Workload;

/// <summary>A graph in memory, ready to be written: what a client holds before it calls. Read-only after construction.</summary>
internal sealed class Dataset
{
    /// <summary>Seed of everything that is generated.</summary>
    public const ulong Seed = 42;

    // The ids at the ends of associations, side by side as a client has them in a request: to look for them elsewhere would be measured too.
    private readonly byte[] _ends;

    public Dataset(int concepts)
    {
        var generator = new ConceptGenerator(Seed);
        Concepts = new GeneratedConcept[concepts];
        for (var number = 0; number < concepts; number++)
        {
            Concepts[number] = new();
            generator.Generate(number, Concepts[number]);
        }

        Associations = [.. AssociationGenerator.Generate(concepts, Seed)];
        _ends = new byte[Associations.Length * 2 * GeneratedConcept.IdBytes];
        for (var at = 0; at < Associations.Length; at++)
        {
            GeneratedConcept.WriteId(Associations[at].Source, _ends.AsSpan(at * 2 * GeneratedConcept.IdBytes));
            GeneratedConcept.WriteId(Associations[at].Target, _ends.AsSpan(((at * 2) + 1) * GeneratedConcept.IdBytes));
        }
    }

    /// <summary>The concepts of another dataset, with its first associations.</summary>
    public Dataset(Dataset other, int associations) =>
        (Concepts, Associations, _ends) = (other.Concepts, other.Associations[..associations], other._ends);

    public GeneratedConcept[] Concepts { get; }

    public GeneratedAssociation[] Associations { get; }

    /// <summary>The id of the concept that an association leaves.</summary>
    public ReadOnlySpan<byte> SourceId(int association) => _ends.AsSpan(association * 2 * GeneratedConcept.IdBytes, GeneratedConcept.IdBytes);

    /// <summary>The id of the concept that it reaches.</summary>
    public ReadOnlySpan<byte> TargetId(int association) => _ends.AsSpan(((association * 2) + 1) * GeneratedConcept.IdBytes, GeneratedConcept.IdBytes);

    /// <summary>Concepts and associations.</summary>
    public int Operations => Concepts.Length + Associations.Length;
}
