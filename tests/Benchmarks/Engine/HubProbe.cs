using Cairn.Benchmarks.Reporting;
using Cairn.Benchmarks.Workload;
using Cairn.Formats;
using Cairn.Model;

namespace Cairn.Benchmarks.Engine;

/// <summary>
/// Whether a hub costs more than a leaf: associations inserted into, and reinforced around, one concept with 100,000 associations and concepts
/// with three, in turn in one space, so that both meet the same caches and the same collector. The leaves have as many together as the hub.
/// </summary>
internal sealed class HubProbe
{
    private const int Degree = 100_000;
    private const int LeafDegree = 3;
    private const int Leaves = Degree / LeafDegree;
    private const int PerCommit = 100;
    private const int Hub = 0;
    private readonly int _rounds;
    private readonly int[] _leaves = [.. Enumerable.Range(1, Leaves)];
    private readonly ReplayedSpace _space = new();
    private readonly CommitWriter _writer = new(default);
    private readonly SeededRandom _random = new(6);

    private HubProbe(int rounds)
    {
        _rounds = rounds;
        _random.Shuffle(_leaves.AsSpan());
    }

    public static IEnumerable<Figure> Run(bool quick)
    {
        var probe = new HubProbe(quick ? 30 : 150);
        probe.Load();
        yield return probe.Compare("inserting into a hub of 100,000, against leaves of three", probe.InsertIntoHub, probe.InsertIntoLeaf);
        yield return probe.Compare("reinforcing around a hub of 100,000, against leaves of three", probe.ReinforceHub, probe.ReinforceLeaf);
    }

    // Concept 0 is the hub; then come the leaves, then the concepts that the associations of both point at.
    private static byte[] Id(int concept) => GeneratedConcept.IdOf(concept);

    private static byte[] Target(int i) => Id(1 + Leaves + i);

    private void Load()
    {
        Write(1 + Leaves + Degree, i =>
        {
            _writer.BeginPut(Id(i), OnExists.Fail);
            _writer.EndOperation();
        });
        Write(Degree, i => Associate(Hub, "old"u8, i));
        Write(Leaves * LeafDegree, i => Associate(1 + (i / LeafDegree), "old"u8, i));
        _space.Publish();
        GC.Collect();
    }

    private void Write(int operations, Action<int> write)
    {
        for (var at = 0; at < operations; at += 1_000)
        {
            CommitFeed.Begin(_writer);
            for (var i = at; i < Math.Min(operations, at + 1_000); i++)
            {
                write(i);
            }

            _space.Apply(_writer.Finish());
            _space.Publish();
        }
    }

    private Figure Compare(string name, Action<int> writeHub, Action<int> writeLeaf)
    {
        var (hub, leaves) = (new Samples(_rounds), new Samples(_rounds));
        for (var round = 0; round < _rounds; round++)
        {
            hub.Add(Time(round, writeHub));
            leaves.Add(Time(round, writeLeaf));
        }

        var (ofHub, ofLeaves) = (hub.Microseconds(.5) / PerCommit, leaves.Microseconds(.5) / PerCommit);
        var note = FormattableString.Invariant($"{ofHub:N2} against {ofLeaves:N2} µs to apply and publish one of {PerCommit}");
        return new(name, ofHub / ofLeaves, Unit.Ratio, new(2, double.NaN), note);
    }

    private long Time(int round, Action<int> write)
    {
        CommitFeed.Begin(_writer);
        for (var i = 0; i < PerCommit; i++)
        {
            write((round * PerCommit) + i);
        }

        var frame = _space.Stamp(_writer.Finish());
        var start = ThreadClock.Nanoseconds();
        _space.Apply(frame);
        _space.Publish();
        return ThreadClock.Nanoseconds() - start;
    }

    private void InsertIntoHub(int i) => Associate(Hub, "new"u8, i);

    private void InsertIntoLeaf(int i) => Associate(_leaves[i], "new"u8, i);

    private void ReinforceHub(int i) => Reinforce(Hub, _random.Below(Degree));

    private void ReinforceLeaf(int i)
    {
        var leaf = 1 + _random.Below(Leaves);
        Reinforce(leaf, ((leaf - 1) * LeafDegree) + _random.Below(LeafDegree));
    }

    private void Associate(int source, ReadOnlySpan<byte> type, int target)
    {
        _writer.BeginAssociate(new(Id(source), type, Target(target), default), OnExists.Fail, MissingEndpoints.Fail);
        _writer.EndOperation();
    }

    private void Reinforce(int source, int target) => _writer.ReinforceAssociation(new(Id(source), "old"u8, Target(target), default), 0.1f, OnMissing.Fail);
}
