using Cairn.Benchmarks.Workload;
using Cairn.Formats;
using Cairn.Primitives;

namespace Cairn.Benchmarks.Memory;

/// <summary>The commits of a graph, generated as they are taken and kept nowhere, so that what is measured is the engine. Counts the raw bytes.</summary>
internal sealed class GraphStream(MemoryCase one, Incarnation incarnation)
{
    private const int OperationsPerCommit = 1_000;
    private readonly CommitWriter _writer = new(incarnation);
    private readonly ConceptGenerator _generator = new(Dataset.Seed);
    private readonly GeneratedConcept _concept = new();
    private readonly byte[] _source = new byte[GeneratedConcept.IdBytes];
    private readonly byte[] _target = new byte[GeneratedConcept.IdBytes];

    /// <summary>Bytes of ids, texts and attributes' values, and of the ids at the ends of associations.</summary>
    public long RawBytes { get; private set; }

    /// <summary>Concepts first.</summary>
    public IEnumerable<EncodedCommit> Commits()
    {
        for (var at = 0; at < one.Concepts; at += OperationsPerCommit)
        {
            CommitFeed.Begin(_writer);
            for (var number = at; number < Math.Min(one.Concepts, at + OperationsPerCommit); number++)
            {
                Put(number);
            }

            yield return _writer.Finish();
        }

        if (!one.WithAssociations)
        {
            yield break;
        }

        foreach (var part in AssociationGenerator.Generate(one.Concepts, Dataset.Seed).Chunk(OperationsPerCommit))
        {
            CommitFeed.Begin(_writer);
            Array.ForEach(part, Associate);
            yield return _writer.Finish();
        }
    }

    private void Put(int number)
    {
        _generator.Generate(number, _concept);
        CommitFeed.Put(_writer, _concept, one.Parts);
        RawBytes += _concept.Id.Length;
        RawBytes += (one.Parts & ConceptParts.Content) != 0 ? _concept.ContentBytes : 0;
        RawBytes += (one.Parts & ConceptParts.Attributes) != 0 ? _concept.AttributeBytes : 0;
    }

    private void Associate(GeneratedAssociation association)
    {
        GeneratedConcept.WriteId(association.Source, _source);
        GeneratedConcept.WriteId(association.Target, _target);
        CommitFeed.Associate(_writer, _source, _target, association);
        RawBytes += _source.Length + _target.Length + sizeof(double);
    }
}
