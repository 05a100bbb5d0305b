using Cairn.Primitives;
using Cairn.Query;
using Cairn.Snapshots;

namespace Cairn.Domain.Tests.Query;

/// <summary>All loopless paths by enumeration, in the order that path queries promise. For small graphs.</summary>
internal sealed class NaivePaths
{
    private readonly NaiveGraph _graph;
    private readonly ILookup<int, int> _next;
    private readonly Dictionary<(int From, int To), (int Association, double Weight)> _steps = [];

    public NaivePaths(NaiveGraph graph, Direction direction, string[] types)
    {
        _graph = graph;
        foreach (var edge in graph.Edges.Where(edge => types.Length == 0 || types.Contains(edge.TypeText)).Order(Comparer<NaiveGraph.Edge>.Create(CompareNames)))
        {
            if (direction != Direction.In)
            {
                Offer((edge.Source, edge.Target), edge, outgoing: true);
            }

            if (direction != Direction.Out)
            {
                Offer((edge.Target, edge.Source), edge, outgoing: false);
            }
        }

        _next = _steps.Keys.ToLookup(step => step.From, step => step.To);
    }

    private HashSet<(int From, int To)> OutgoingSteps { get; } = [];

    public IReadOnlyList<ConceptPath> Best(int from, int to, PathMode mode, int maxDepth, int limit)
    {
        var all = new List<ConceptPath>();
        if (_graph.Shown.Contains(from) && _graph.Shown.Contains(to))
        {
            Extend([from], to, maxDepth, all);
        }

        all.Sort((a, b) => NaiveGraph.First(
            mode == PathMode.Strongest ? b.Score.CompareTo(a.Score) : 0, a.Length.CompareTo(b.Length), CompareIds(a, b)));
        return [.. all.Take(limit)];
    }

    private static int CompareNames(NaiveGraph.Edge a, NaiveGraph.Edge b) =>
        NaiveGraph.First(NaiveGraph.CompareBytes(a.Type, b.Type), NaiveGraph.CompareBytes(a.Key, b.Key));

    // Edges come by type and key, so that only a strictly better one replaces the first; an outgoing one wins a tie against an incoming one.
    private void Offer((int, int) step, NaiveGraph.Edge edge, bool outgoing)
    {
        if (!_steps.TryGetValue(step, out var best)
            || edge.Weight > best.Weight
            || (edge.Weight == best.Weight && outgoing && !OutgoingSteps.Contains(step)))
        {
            _steps[step] = (edge.Row, edge.Weight);
            _ = outgoing ? OutgoingSteps.Add(step) : OutgoingSteps.Remove(step);
        }
    }

    private void Extend(List<int> concepts, int to, int maxDepth, List<ConceptPath> all)
    {
        var last = concepts[^1];
        if (last == to)
        {
            var steps = concepts.Zip(concepts.Skip(1)).Select(step => _steps[step]).ToArray();
            all.Add(new([.. concepts], [.. steps.Select(step => step.Association)], steps.Aggregate(1d, (score, step) => score * step.Weight)));
            return;
        }

        foreach (var next in _next[last].Where(next => concepts.Count <= maxDepth && !concepts.Contains(next)))
        {
            Extend([.. concepts, next], to, maxDepth, all);
        }
    }

    private int CompareIds(ConceptPath a, ConceptPath b)
    {
        var order = 0;
        for (var i = 0; order == 0 && i < a.Concepts.Count; i++)
        {
            order = NaiveGraph.CompareBytes(_graph.Id(a.Concepts[i]), _graph.Id(b.Concepts[i]));
        }

        return order;
    }
}
