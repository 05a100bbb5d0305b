using System.Text;
using Cairn.Primitives;
using Cairn.Query;
using Cairn.Snapshots;

namespace Cairn.Domain.Tests.Query;

/// <summary>What queries are to answer, found by looking at every row: no adjacency, no order of ids, no pruning.</summary>
internal sealed class NaiveGraph
{
    private readonly Snapshot _snapshot;

    public NaiveGraph(Snapshot snapshot, Timestamp now, Timestamp? validAt = null)
    {
        _snapshot = snapshot;
        var shown = Enumerable.Range(0, snapshot.ConceptRows).Where(row => Shows(row, now, validAt)).ToHashSet();
        Shown = shown;
        Edges = [.. Enumerable.Range(0, snapshot.AssociationRows).Select(row => Edge.Of(snapshot, row, now))
            .Where(edge => edge.IsAlive && shown.Contains(edge.Source) && shown.Contains(edge.Target) && IsValid(edge.ValidFrom, null, validAt))];
    }

    /// <summary>Rows of concepts that exist or are implied.</summary>
    public IReadOnlySet<int> Shown { get; }

    public IReadOnlyList<Edge> Edges { get; }

    public static int CompareBytes(byte[] a, byte[] b) => a.AsSpan().SequenceCompareTo(b);

    public IReadOnlyList<NeighborEdge> Neighbors(int row, Direction direction, string[] types, string[] labels)
    {
        var found = new List<(NeighborEdge Seen, Edge Edge, byte[] Id)>();
        foreach (var edge in Edges.Where(edge => types.Length == 0 || types.Contains(edge.TypeText)))
        {
            if (direction != Direction.In && edge.Source == row && HasLabel(edge.Target, labels))
            {
                found.Add((new(edge.Row, edge.Target, true), edge, Id(edge.Target)));
            }

            if (direction != Direction.Out && edge.Target == row && !(direction == Direction.Both && edge.Source == row) && HasLabel(edge.Source, labels))
            {
                found.Add((new(edge.Row, edge.Source, false), edge, Id(edge.Source)));
            }
        }

        found.Sort((a, b) => First(
            b.Seen.Outgoing.CompareTo(a.Seen.Outgoing), CompareBytes(a.Edge.Type, b.Edge.Type), CompareBytes(a.Id, b.Id), CompareBytes(a.Edge.Key, b.Edge.Key)));
        return [.. found.Select(item => item.Seen)];
    }

    public byte[] Id(int row) => _snapshot.Concept(row).Id.ToArray();

    public bool HasLabel(int row, string[] labels)
    {
        if (labels.Length == 0)
        {
            return true;
        }

        var concept = _snapshot.Concept(row);
        for (var i = 0; i < concept.LabelCount; i++)
        {
            if (labels.Contains(Encoding.UTF8.GetString(concept.Label(i))))
            {
                return true;
            }
        }

        return false;
    }

    public static int First(params ReadOnlySpan<int> orders)
    {
        foreach (var order in orders)
        {
            if (order != 0)
            {
                return order;
            }
        }

        return 0;
    }

    private bool Shows(int row, Timestamp now, Timestamp? validAt)
    {
        var concept = _snapshot.Concept(row);
        return concept.IsImplied || (concept.Exists(now) && IsValid(concept.ValidFrom, concept.ValidTo, validAt));
    }

    private static bool IsValid(Timestamp? from, Timestamp? to, Timestamp? validAt) =>
        validAt is not { } at || ((from is not { } begin || begin <= at) && (to is not { } end || at < end));

    internal sealed record Edge(int Row, int Source, int Target, byte[] Type, byte[] Key, double Weight, bool IsAlive, Timestamp? ValidFrom)
    {
        public string TypeText => Encoding.UTF8.GetString(Type);

        public static Edge Of(Snapshot snapshot, int row, Timestamp now)
        {
            var view = snapshot.Association(row);
            return new(row, view.Source, view.Target, view.TypeName.ToArray(), view.Key.ToArray(),
                (double)view.CurrentStrength(now) * view.Confidence, view.IsAlive, view.ValidFrom);
        }
    }
}
