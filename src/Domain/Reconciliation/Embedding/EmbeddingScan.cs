using Cairn.Columns;
using Cairn.Model;
using Cairn.Primitives;
using Cairn.Snapshots;

namespace Cairn.Reconciliation.Embedding;

/// <summary>
/// Finds the concepts of a snapshot that want a vector of a model: they exist, and have neither one of the caller's nor one of that model. Row groups that are as they were when
/// all of them were looked at are not looked at again, until a generation ends or the settings say that other attributes are read: what was asked for meanwhile is of other
/// texts, and replay kept none of it. One thread.
/// </summary>
/// <param name="model">The model's key.</param>
internal sealed class EmbeddingScan(ulong model)
{
    /// <summary>Rows that one scan answers at most; the others are counted.</summary>
    public const int MaxRows = 64 * 1024;

    private readonly List<int> _rows = [];
    private SharedIndexes? _seenOf;
    private Table _seen;
    private TextAttributes? _seenAttributes;

    /// <summary>The rows that the last scan found, in order, at most <see cref="MaxRows"/>.</summary>
    public IReadOnlyList<int> Rows => _rows;

    /// <summary>How many it found.</summary>
    public long Count { get; private set; }

    /// <summary>Looks through a snapshot.</summary>
    public void Run(Snapshot snapshot, Timestamp now, CancellationToken cancellationToken)
    {
        _rows.Clear();
        Count = 0;

        // The rows of another generation are others, though of neither a group may be loaded.
        _seenOf = _seenOf == snapshot.Shared && _seenAttributes == snapshot.Settings.TextAttributes ? _seenOf : null;
        var table = snapshot.Concepts.Table;
        for (var first = 0; first < table.RowCount; first += Page.Rows)
        {
            if (!IsAsSeen(table, first))
            {
                cancellationToken.ThrowIfCancellationRequested();
                Look(snapshot, table.GroupOnce(first), first, now);
            }
        }
    }

    /// <summary>What the last scan found is done: groups that stay as they were in its snapshot hold nothing more.</summary>
    public void Accept(Snapshot snapshot)
    {
        if (Count <= MaxRows)
        {
            (_seenOf, _seen, _seenAttributes) = (snapshot.Shared, snapshot.Concepts.Table, snapshot.Settings.TextAttributes);
        }
    }

    // A group is replaced when one of its rows changes, and the last one gets rows. One that is not loaded in either is as the checkpoint has it.
    private bool IsAsSeen(Table table, int first) =>
        _seenOf is not null && first + Page.Rows <= _seen.RowCount && ReferenceEquals(table.Groups.Peek(first / Page.Rows), _seen.Groups.Peek(first / Page.Rows));

    private void Look(Snapshot snapshot, RowGroup group, int first, Timestamp now)
    {
        for (var slot = 0; slot < Page.Rows && first + slot < snapshot.ConceptRows; slot++)
        {
            if (Wants(snapshot, group, slot, now))
            {
                Count++;
                if (_rows.Count < MaxRows)
                {
                    _rows.Add(first + slot);
                }
            }
        }
    }

    private bool Wants(Snapshot snapshot, RowGroup group, int slot, Timestamp now) =>
        group.TryGet(HeaderColumn.Flags, slot, out var flags) && ((RowFlags)flags & RowFlags.Alive) != 0
        && !(group.TryGet(HeaderColumn.ExpiresAt, slot, out var expiry) && expiry <= now.Microseconds)
        && !group.TryGet(ConceptColumn.Vector, slot, out _)
        && !(group.TryGet(ConceptColumn.Embeddings, slot, out var cell) && StoredEmbeddings.Find(snapshot.Concepts.Bytes(ConceptColumn.Embeddings, cell), model).Exists);
}
