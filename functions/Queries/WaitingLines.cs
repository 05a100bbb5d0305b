using Cairn.Primitives;

namespace Cairn.Functions.Queries;

/// <summary>
/// Queries that wait for a place: a line for each space, and one from each line in turn, so that a space with many queries does not hold up the others.
/// The caller locks; only <see cref="Count"/> may be read at any time.
/// </summary>
internal sealed class WaitingLines
{
    private readonly Dictionary<SpaceName, LinkedList<WaitingQuery>> _lines = [];
    private readonly LinkedList<SpaceName> _turns = new();
    private volatile int _count;

    public int Count => _count;

    /// <summary>To the end of the line of its space.</summary>
    public void Add(WaitingQuery query)
    {
        if (!_lines.TryGetValue(query.Space, out var line))
        {
            _lines.Add(query.Space, line = new());
            _turns.AddLast(query.Space);
        }

        line.AddLast(query.Node);
        _count++;
    }

    /// <summary>The first of the line whose turn it is; null: nobody waits.</summary>
    public WaitingQuery? TryTake()
    {
        if (_turns.First is not { } turn)
        {
            return null;
        }

        _turns.RemoveFirst();
        _turns.AddLast(turn);
        var query = _lines[turn.Value].First!.Value;
        Remove(query);
        return query;
    }

    /// <summary>Takes one out of its line; false: it is in none.</summary>
    public bool Remove(WaitingQuery query)
    {
        if (query.Node.List is not { } line)
        {
            return false;
        }

        line.Remove(query.Node);
        _count--;
        if (line.Count == 0)
        {
            _lines.Remove(query.Space);
            _turns.Remove(query.Space);
        }

        return true;
    }
}

/// <summary>One that waits: completed when it is given a place. It goes on in the pool, never on the thread that left the place.</summary>
internal sealed class WaitingQuery : TaskCompletionSource
{
    public WaitingQuery(SpaceName space)
        : base(TaskCreationOptions.RunContinuationsAsynchronously) => (Space, Node) = (space, new(this));

    public SpaceName Space { get; }

    public LinkedListNode<WaitingQuery> Node { get; }
}
