namespace Cairn.Benchmarks.Workload;

/// <summary>A graph in memory, ready to be written: what a client holds before it calls. Read-only after construction.</summary>
internal sealed class Dataset
{
    /// <summary>Seed of everything that is generated.</summary>
    public const ulong Seed = 42;

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
    }

    /// <summary>The concepts of another dataset, with its first associations.</summary>
    public Dataset(Dataset other, int associations) => (Concepts, Associations) = (other.Concepts, other.Associations[..associations]);

    public GeneratedConcept[] Concepts { get; }

    public GeneratedAssociation[] Associations { get; }

    /// <summary>Concepts and associations.</summary>
    public int Operations => Concepts.Length + Associations.Length;
}
