using Cairn.Benchmarks.Workload;
using Cairn.Formats;
using Cairn.Primitives;

namespace Cairn.Benchmarks.Memory;

/// <summary>
/// Commits that put the same concepts again and again, each time with another text and other attributes. Most updates go to few concepts, so
/// that the rare ones lie scattered in memory that is dead otherwise.
/// </summary>
internal sealed class UpdateStream
{
    private const int OperationsPerCommit = 50;
    private const int OftenUpdated = 50;
    private const double OthersShare = 0.004;
    private readonly CommitWriter _writer;
    private readonly GeneratedConcept[] _versions = new GeneratedConcept[8 * 1024];
    private readonly SeededRandom _random = new(Dataset.Seed);
    private readonly int _concepts;

    public UpdateStream(int concepts, Incarnation incarnation)
    {
        (_concepts, _writer) = (concepts, new(incarnation));
        var generator = new ConceptGenerator(Dataset.Seed);
        for (var i = 0; i < _versions.Length; i++)
        {
            generator.Generate(i, _versions[i] = new());
        }
    }

    /// <summary>So many updates of random concepts.</summary>
    public IEnumerable<EncodedCommit> Commits(int updates)
    {
        for (var at = 0; at < updates; at += OperationsPerCommit)
        {
            CommitFeed.Begin(_writer);
            for (var i = 0; i < OperationsPerCommit; i++)
            {
                var version = _versions[_random.Below(_versions.Length)];
                GeneratedConcept.WriteId(_random.Below(_random.Unit() < OthersShare ? _concepts : OftenUpdated), version.Id);
                CommitFeed.Put(_writer, version, ConceptParts.All);
            }

            yield return _writer.Finish();
        }
    }
}
