using Cairn.Formats;
using Cairn.Snapshots;

namespace Cairn.Reconciliation;

/// <summary>The rows of an operation's names as far as they were found before it is applied; −1: to be looked up then.</summary>
/// <param name="Row">Of the concept, or of an association's source.</param>
/// <param name="Target">Of an association's target.</param>
/// <param name="Type">Number of an association's type.</param>
internal readonly record struct FoundRows(int Row, int Target, int Type)
{
    /// <summary>Nothing was found.</summary>
    public static FoundRows None => new(-1, -1, -1);
}

/// <summary>
/// Looks up the names of the next operations of a commit, for many at once and step by step: tables beyond the processor's caches
/// make each lookup wait for memory several times, and so the waits of many go on side by side. Source: Chen, Ailamaki, Gibbons and
/// Mowry, "Improving Hash Join Performance through Prefetching", ICDE 2004 (group prefetching). One thread.
/// </summary>
/// <remarks>A name keeps its row as long as the state lasts, so that what is found ahead holds when the operation is applied; only what is not found may be there by then.</remarks>
internal sealed class OperationLookahead(SharedIndexes shared)
{
    /// <summary>Operations looked at together.</summary>
    public const int Operations = 16;

    // Fewer gain nothing.
    private const int MinOperations = 4;
    private readonly FoundRows[] _found = new FoundRows[Operations];
    private readonly Name[] _names = new Name[Operations * 2];
    private readonly int[] _rows = new int[Operations * 2];

    private record struct Name(int Offset, int Length, ulong Hash, int Operation, bool IsTarget);

    /// <summary>What was found for one of the operations, by its place among them.</summary>
    public ref readonly FoundRows this[int operation] => ref _found[operation];

    /// <summary>Looks at the operations that a reader would read next.</summary>
    /// <param name="body">What the reader reads.</param>
    /// <param name="reader">A copy; the caller's goes on from where it is.</param>
    /// <param name="left">Operations that it has left.</param>
    public void Run(ReadOnlySpan<byte> body, CommitReader reader, int left)
    {
        Array.Fill(_found, FoundRows.None);
        if (left >= MinOperations)
        {
            Find(body, ReadNames(body, reader));
        }
    }

    private int ReadNames(ReadOnlySpan<byte> body, CommitReader reader)
    {
        var count = 0;
        for (var i = 0; i < Operations && reader.TryReadOperation(out var operation); i++)
        {
            if (operation.IsAssociation)
            {
                _found[i] = new(-1, -1, shared.Types.Find(operation.Association.Type));
                Add(body, operation.Association.Source, new() { Operation = i }, ref count);
                Add(body, operation.Association.Target, new() { Operation = i, IsTarget = true }, ref count);
            }
            else
            {
                Add(body, operation.Id, new() { Operation = i }, ref count);
            }
        }

        return count;
    }

    private void Add(ReadOnlySpan<byte> body, ReadOnlySpan<byte> id, Name name, ref int count)
    {
        body.Overlaps(id, out var offset);
        (name.Offset, name.Length, name.Hash) = (offset, id.Length, shared.Ids.HashOf(id));
        shared.Ids.Prefetch(name.Hash);
        _names[count++] = name;
    }

    private void Find(ReadOnlySpan<byte> body, int count)
    {
        var names = _names.AsSpan(0, count);
        foreach (ref readonly var name in names)
        {
            shared.Ids.PrefetchKey(name.Hash);
        }

        var found = 0;
        foreach (ref readonly var name in names)
        {
            var row = shared.Ids.Find(name.Hash, body.Slice(name.Offset, name.Length));
            if (row >= 0)
            {
                ref var rows = ref _found[name.Operation];
                rows = name.IsTarget ? rows with { Target = row } : rows with { Row = row };
                _rows[found++] = row;
            }
        }

        shared.Adjacency.Prefetch(_rows.AsSpan(0, found));
        foreach (var rows in _found)
        {
            if (rows is { Row: >= 0, Target: >= 0, Type: >= 0 })
            {
                // Parallel associations are rare: most keys are the empty one.
                shared.AssociationIndex.Prefetch(shared.Hash(new(rows.Row, rows.Target, rows.Type, 0)));
            }
        }
    }
}
