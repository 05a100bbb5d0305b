using Cairn.Functions.Keys;

namespace Cairn.Functions.Routing;

/// <summary>The routes as a tree of segments. Literals are compared as they were sent, so that no encoding of a name reaches another route. Immutable.</summary>
internal sealed class RouteTable
{
    private readonly Node _root = new();

    public RouteTable(IEnumerable<Route> routes)
    {
        foreach (var route in routes)
        {
            var node = _root;
            foreach (var segment in route.Template.Split('/').Skip(1))
            {
                node = node.Child(segment);
            }

            node.Routes.Add(route with { Need = RouteNeeds.Of(route) });
        }
    }

    public IEnumerable<Route> All => _root.Everything();

    /// <summary>The routes of a path, one per method; null: no such path.</summary>
    public IReadOnlyList<Route>? Find(in RawTarget target)
    {
        var node = _root;
        for (var i = 0; i < target.SegmentCount && node is not null; i++)
        {
            node = node.Find(target.Segment(i));
        }

        return node is { Routes.Count: > 0 } ? node.Routes : null;
    }

    /// <summary>The route of a method; null: the path has none.</summary>
    public static Route? OfMethod(IReadOnlyList<Route> routes, string method)
    {
        for (var i = 0; i < routes.Count; i++)
        {
            if (routes[i].Method == method)
            {
                return routes[i];
            }
        }

        return null;
    }

    /// <summary>The methods of a path, as the Allow header lists them.</summary>
    public static string Allow(IReadOnlyList<Route> routes) =>
        string.Join(", ", routes.SelectMany(route => route.Method == "GET" ? (string[])["GET", "HEAD"] : [route.Method]));

    private sealed class Node
    {
        private readonly Dictionary<string, Node> _literals = new(StringComparer.Ordinal);
        private Dictionary<string, Node>.AlternateLookup<ReadOnlySpan<char>> _lookup;
        private Node? _any;

        public Node() => _lookup = _literals.GetAlternateLookup<ReadOnlySpan<char>>();

        public List<Route> Routes { get; } = [];

        public Node Child(string segment)
        {
            if (segment is ['{', ..])
            {
                return _any ??= new();
            }

            return _literals.TryGetValue(segment, out var child) ? child : _literals[segment] = new();
        }

        public Node? Find(ReadOnlySpan<char> segment) => _lookup.TryGetValue(segment, out var child) ? child : _any;

        public IEnumerable<Route> Everything()
        {
            var below = _any is null ? _literals.Values : _literals.Values.Append(_any);
            return Routes.Concat(below.SelectMany(node => node.Everything()));
        }
    }
}
