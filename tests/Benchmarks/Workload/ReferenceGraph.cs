namespace Cairn.Benchmarks.Workload;

/// <summary>The same graph as plain adjacency lists with a plain breadth-first search: what the engine's answers are checked against. One thread.</summary>
internal sealed class ReferenceGraph
{
    private readonly List<int>[] _neighbors;
    private readonly int[] _distances;

    public ReferenceGraph(Dataset data)
    {
        _neighbors = new List<int>[data.Concepts.Length];
        _distances = new int[_neighbors.Length];
        for (var concept = 0; concept < _neighbors.Length; concept++)
        {
            _neighbors[concept] = [];
        }

        foreach (var association in data.Associations)
        {
            _neighbors[association.Source].Add(association.Target);
            _neighbors[association.Target].Add(association.Source);
        }
    }

    /// <summary>Associations of the shortest path, in either direction; −1: there is none of at most <paramref name="maxDepth"/>.</summary>
    public int Distance(int from, int to, int maxDepth)
    {
        _distances.AsSpan().Fill(-1);
        _distances[from] = 0;
        var queue = new Queue<int>([from]);
        while (_distances[to] < 0 && queue.TryDequeue(out var concept) && _distances[concept] < maxDepth)
        {
            foreach (var neighbor in _neighbors[concept])
            {
                if (_distances[neighbor] < 0)
                {
                    _distances[neighbor] = _distances[concept] + 1;
                    queue.Enqueue(neighbor);
                }
            }
        }

        return _distances[to];
    }
}
