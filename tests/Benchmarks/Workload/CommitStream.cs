using Cairn.Benchmarks.Vectors;
using Cairn.Formats;
using Cairn.Primitives;

namespace Cairn.Benchmarks.Workload;

/// <summary>Encodes a graph as a sequence of commits: the concepts first, then the associations. Each commit is the taker's to return.</summary>
internal static class CommitStream
{
    /// <summary>The commits of a dataset, its concepts with vectors or without.</summary>
    public static IEnumerable<EncodedCommit> Of(Dataset data, ConceptParts parts, int operationsPerCommit, Incarnation incarnation = default, VectorData? vectors = null)
    {
        var writer = new CommitWriter(incarnation);
        for (var at = 0; at < data.Concepts.Length; at += operationsPerCommit)
        {
            yield return Concepts(writer, data, at, Math.Min(data.Concepts.Length, at + operationsPerCommit), parts, vectors);
        }

        for (var at = 0; at < data.Associations.Length; at += operationsPerCommit)
        {
            yield return Associations(writer, data, at, Math.Min(data.Associations.Length, at + operationsPerCommit));
        }
    }

    /// <summary>One commit that puts the concepts of a range.</summary>
    public static EncodedCommit Concepts(CommitWriter writer, Dataset data, int from, int to, ConceptParts parts, VectorData? vectors = null)
    {
        CommitFeed.Begin(writer);
        for (var at = from; at < to; at++)
        {
            CommitFeed.Put(writer, data.Concepts[at], parts, vectors is null ? default : vectors.Vector(at));
        }

        return writer.Finish();
    }

    /// <summary>One commit that puts the associations of a range.</summary>
    public static EncodedCommit Associations(CommitWriter writer, Dataset data, int from, int to)
    {
        CommitFeed.Begin(writer);
        for (var at = from; at < to; at++)
        {
            CommitFeed.Associate(writer, data.SourceId(at), data.TargetId(at), data.Associations[at]);
        }

        return writer.Finish();
    }
}
