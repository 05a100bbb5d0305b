using Cairn.Columns;
using Cairn.Formats;
using Cairn.Indexes;
using Cairn.Model;
using Cairn.Primitives;
using Cairn.Snapshots;
using Cairn.Snapshots.Checkpoints;

namespace Cairn.Reconciliation;

/// <summary>
/// The state of a space that replay changes, one frame after the other. One thread; a pure function of the frames.
/// Invariants: row n of the concept table belongs to id n of the key table; an association's row keeps its ends, also when it is
/// dead; an implied concept has at least one live association; counts agree with the flags.
/// </summary>
internal sealed class SpaceState
{
    private readonly OpenPagePool _pages = new();
    private readonly Dictionary<int, int> _impliedDegrees = [];
    private readonly List<(int Row, int Degree)> _impliedUndo = [];
    private Counts _counts;
    private Counts _countsBefore;
    private bool _undoable;

    /// <param name="incarnation">The life of the space.</param>
    /// <param name="hash">Spreads keys.</param>
    /// <param name="capacity">Null: the default.</param>
    /// <param name="stored">What a checkpoint holds, hashed alike; null: nothing.</param>
    public SpaceState(Incarnation incarnation, KeyedHash hash, IndexCapacity? capacity = null, StoredSpace? stored = null)
    {
        Shared = new(incarnation, hash, capacity ?? IndexCapacity.Default, stored?.Indexes, stored?.Derived);
        Concepts = new(_pages, Shared.NewDictionary, stored?.Concepts);
        Concepts.AddArena(ConceptColumn.Content);
        Concepts.AddArena(ConceptColumn.Vector);
        Concepts.AddArena(ConceptColumn.Embeddings);
        Associations = new(_pages, Shared.NewDictionary, stored?.Associations);
        if (stored is not null)
        {
            Restore(stored.State);
        }
    }

    private record struct Counts(long Concepts, long Associations, bool HasExpiry);

    public SharedIndexes Shared { get; }

    public RowStore Concepts { get; }

    public RowStore Associations { get; }

    /// <summary>End of the last frame that was applied.</summary>
    public LogPosition Position { get; set; }

    /// <summary>The running maximum of the frames' times.</summary>
    public Timestamp LogClock { get; set; }

    public SpaceSettings Settings { get; set; } = SpaceSettings.Default;

    /// <summary>How many live associations each implied concept has, by row.</summary>
    public IReadOnlyDictionary<int, int> ImpliedDegrees => _impliedDegrees;

    /// <summary>The row of an id, which is added (dead) if it is new; −1: there is no room for it.</summary>
    /// <param name="id">UTF-8.</param>
    /// <param name="found">Its row if it is known already, else −1.</param>
    public int ConceptRow(ReadOnlySpan<byte> id, int found = -1)
    {
        var row = found >= 0 ? found : Shared.Ids.FindOrAdd(id);
        if (row == Concepts.Table.RowCount)
        {
            Concepts.Table.AddRow();
            Shared.Adjacency.EnsureRow(row);
        }

        return row;
    }

    /// <summary>The row of a concept that exists, or −1.</summary>
    /// <param name="id">UTF-8.</param>
    /// <param name="found">The row of the id if it is known already, else −1.</param>
    public int FindConcept(ReadOnlySpan<byte> id, int found = -1)
    {
        var row = found >= 0 ? found : Shared.Ids.Find(id);
        return row >= 0 && Exists(row) ? row : -1;
    }

    /// <summary>It was put, and neither deleted nor expired by the log clock.</summary>
    public bool Exists(int concept) => (Concepts.Flags(concept) & RowFlags.Alive) != 0 && !IsExpired(concept);

    /// <summary>The expiry has been reached by the log clock.</summary>
    public bool IsExpired(int concept) =>
        _counts.HasExpiry && Concepts.Table.TryGet(concept, HeaderColumn.ExpiresAt, out var expiry) && expiry <= LogClock.Microseconds;

    /// <summary>The row of an association that exists, both its ends with it, or −1.</summary>
    public int FindAssociation(in AssociationName name, in FoundRows found)
    {
        var row = FindAssociationRow(name, found);
        return row >= 0 && IsAlive(row) && !EndIsExpired(row) ? row : -1;
    }

    /// <summary>The row of an association, alive or dead, or −1.</summary>
    private int FindAssociationRow(in AssociationName name, in FoundRows found)
    {
        var source = found.Row >= 0 ? found.Row : Shared.Ids.Find(name.Source);
        var target = found.Target >= 0 ? found.Target : Shared.Ids.Find(name.Target);
        var (type, key) = (found.Type >= 0 ? found.Type : Shared.Types.Find(name.Type), Shared.Keys.Find(name.Key));
        if (source < 0 || target < 0 || type < 0 || key < 0)
        {
            return -1;
        }

        var ends = new AssociationEnds(source, target, type, key);
        return FindRow(ends, Shared.Hash(ends));
    }

    /// <summary>The row of an association, alive or dead, or −1.</summary>
    public int FindRow(in AssociationEnds ends, ulong hash)
    {
        var matcher = new Matcher(Associations.Table, ends);
        return Shared.FindAssociation(hash, ref matcher);
    }

    public bool IsAlive(int association) => (Associations.Flags(association) & RowFlags.Alive) != 0;

    /// <summary>Adds the row of a new association, dead; −1: there is no room for it.</summary>
    public int AddAssociationRow(in AssociationEnds ends, ulong hash)
    {
        if (Associations.Table.RowCount >= Shared.Capacity.AssociationRows)
        {
            Shared.RequireExact();
            return -1;
        }

        var row = Associations.Table.AddRow();
        Associations.Table.Set(row, AssociationColumn.Source, ends.Source);
        Associations.Table.Set(row, AssociationColumn.Target, ends.Target);
        Associations.Table.Set(row, AssociationColumn.Type, ends.Type);
        if (ends.Key != 0)
        {
            Associations.Table.Set(row, AssociationColumn.Key, ends.Key);
        }

        Shared.AssociationIndex.Add(hash, row);
        Shared.Adjacency.Add(row, ends.Source, ends.Target);
        return row;
    }

    /// <summary>Makes a dead row of an association alive.</summary>
    public void Revive(int association, in AssociationEnds ends)
    {
        Associations.Table.Set(association, HeaderColumn.Flags, (long)RowFlags.Alive);
        _counts.Associations++;
        CountImplied(ends.Source, +1);
        CountImplied(ends.Target, +1);
    }

    /// <summary>Makes a concept alive; it may have been dead or implied.</summary>
    public void Revive(int concept)
    {
        ForgetImplied(concept);
        Concepts.Set(concept, HeaderColumn.Flags, (long)RowFlags.Alive);
        _counts.Concepts++;
    }

    /// <summary>Makes a dead concept implied, until it is put or its last association goes.</summary>
    public void Imply(int concept)
    {
        if ((Concepts.Flags(concept) & RowFlags.Implied) == 0)
        {
            Concepts.Table.Set(concept, HeaderColumn.Flags, (long)RowFlags.Implied);
            SetImpliedDegree(concept, 0);
        }
    }

    /// <summary>A concept has an expiry from now on.</summary>
    public void NoteExpiry() => _counts.HasExpiry = true;

    /// <summary>Deletes a concept and its associations.</summary>
    public void DeleteConcept(int concept)
    {
        DeleteAssociations(concept, outgoing: true);
        DeleteAssociations(concept, outgoing: false);
        Concepts.Table.Clear(concept);
        _counts.Concepts--;
    }

    /// <summary>Deletes an association; an implied end goes with its last one.</summary>
    public void DeleteAssociation(int association)
    {
        var table = Associations.Table;
        for (var column = table.ColumnsOf(association) - 1; column >= 0; column--)
        {
            if (column is < AssociationColumn.Source or > AssociationColumn.Key)
            {
                table.Unset(association, column);
            }
        }

        _counts.Associations--;
        CountImplied((int)table.Get(association, AssociationColumn.Source), -1);
        CountImplied((int)table.Get(association, AssociationColumn.Target), -1);
    }

    /// <summary>
    /// What is dead or unused now counts no more against the capacity of the indexes. It stays here all the same, until a state is opened from a checkpoint that leaves it
    /// out; so this one cannot tell any more whether they are full.
    /// </summary>
    public void EndGeneration() => Shared.HoldsForgotten = true;

    /// <summary>Begins a change that may be undone.</summary>
    public void Begin()
    {
        Concepts.Table.Begin();
        Associations.Table.Begin();
        (_countsBefore, _undoable) = (_counts, true);
    }

    /// <summary>Makes the change final.</summary>
    public void Accept()
    {
        Concepts.Table.Accept();
        Associations.Table.Accept();
        _impliedUndo.Clear();
        _undoable = false;
    }

    /// <summary>Takes the change back. Rows that it added stay, dead.</summary>
    public void Undo()
    {
        UndoAssociations();
        Concepts.Table.Undo();
        _undoable = false;
        for (var i = _impliedUndo.Count - 1; i >= 0; i--)
        {
            SetImpliedDegree(_impliedUndo[i].Row, _impliedUndo[i].Degree);
        }

        _impliedUndo.Clear();
        _counts = _countsBefore;
    }

    /// <summary>The snapshot of now, with the views of those derived indexes that follow.</summary>
    public Snapshot Publish()
    {
        var next = new Snapshot(Shared, Concepts.Publish(), Associations.Publish(),
            new(Position, LogClock, Settings, _counts.Concepts, _counts.Associations, _counts.HasExpiry, _impliedDegrees.Count));
        Shared.Follow(next);
        return next;
    }

    private void Restore(CheckpointState stored)
    {
        (Position, LogClock, Settings) = (stored.Position, stored.LogClock, stored.Settings);
        Shared.HoldsForgotten = stored.HoldsForgotten;
        _counts = new(stored.ConceptCount, stored.AssociationCount, stored.HasExpiry);
        foreach (var (row, degree) in stored.ImpliedDegrees)
        {
            _impliedDegrees[row] = degree;
        }

        if (Concepts.Table.RowCount > 0)
        {
            Shared.Adjacency.EnsureRow(Concepts.Table.RowCount - 1);
        }
    }

    private bool EndIsExpired(int association) => _counts.HasExpiry
        && (IsExpired((int)Associations.Table.Get(association, AssociationColumn.Source))
            || IsExpired((int)Associations.Table.Get(association, AssociationColumn.Target)));

    private void DeleteAssociations(int concept, bool outgoing)
    {
        var chain = Shared.Adjacency.Entries(concept, outgoing);
        while (chain.MoveNext(Associations.Table.RowCount))
        {
            if (IsAlive(chain.Association))
            {
                DeleteAssociation(chain.Association);
            }
        }
    }

    // An undo clears rows that the change added; those of associations must keep their ends, which the index and the chains rely on.
    private void UndoAssociations()
    {
        var table = Associations.Table;
        var added = new List<AssociationEnds>();
        var first = table.RowsBefore;
        for (var row = first; row < table.RowCount; row++)
        {
            added.Add(Ends(row));
        }

        table.Undo();
        for (var i = 0; i < added.Count; i++)
        {
            table.Set(first + i, AssociationColumn.Source, added[i].Source);
            table.Set(first + i, AssociationColumn.Target, added[i].Target);
            table.Set(first + i, AssociationColumn.Type, added[i].Type);
            if (added[i].Key != 0)
            {
                table.Set(first + i, AssociationColumn.Key, added[i].Key);
            }
        }
    }

    private AssociationEnds Ends(int row) => new(
        (int)Associations.Table.Get(row, AssociationColumn.Source),
        (int)Associations.Table.Get(row, AssociationColumn.Target),
        (int)Associations.Table.Get(row, AssociationColumn.Type),
        (int)Associations.Table.Get(row, AssociationColumn.Key));

    private void CountImplied(int concept, int change)
    {
        if (_impliedDegrees.Count == 0 || !_impliedDegrees.TryGetValue(concept, out var degree))
        {
            return;
        }

        if (degree + change > 0)
        {
            SetImpliedDegree(concept, degree + change);
            return;
        }

        ForgetImplied(concept);
        Concepts.Table.Clear(concept);
    }

    private void ForgetImplied(int concept)
    {
        if (_impliedDegrees.Count > 0)
        {
            SetImpliedDegree(concept, -1);
        }
    }

    /// <summary>Sets how many live associations an implied concept has; −1: it is not implied.</summary>
    private void SetImpliedDegree(int concept, int degree)
    {
        if (_undoable)
        {
            _impliedUndo.Add((concept, _impliedDegrees.TryGetValue(concept, out var before) ? before : -1));
        }

        if (degree < 0)
        {
            _impliedDegrees.Remove(concept);
        }
        else
        {
            _impliedDegrees[concept] = degree;
        }
    }

    private readonly struct Matcher(TableWriter table, AssociationEnds ends) : IEntryMatcher
    {
        public bool Matches(int row) =>
            table.Get(row, AssociationColumn.Source) == ends.Source
            && table.Get(row, AssociationColumn.Target) == ends.Target
            && table.Get(row, AssociationColumn.Type) == ends.Type
            && table.Get(row, AssociationColumn.Key) == ends.Key;
    }
}
