using Cairn.Columns;
using Cairn.Primitives;
using Cairn.Snapshots;

namespace Cairn.Query;

/// <summary>
/// What a read sees of a snapshot: nothing dead, nothing expired, and with a valid time only what was true then: from validFrom on, up to and
/// without validTo; a bound that is missing is open. Immutable; any thread.
/// </summary>
/// <param name="snapshot">What is read.</param>
/// <param name="now">Taken once per request; for expiry and decay.</param>
/// <param name="validAt">World time; null: no filter.</param>
public readonly struct Visibility(Snapshot snapshot, Timestamp now, Timestamp? validAt)
{
    private readonly bool _hasExpiry = snapshot.HasExpiry;
    private readonly bool _everyRowExists = snapshot.ConceptCount == snapshot.ConceptRows;
    private readonly bool _filtersTime = validAt is not null;
    private readonly long _validAt = validAt?.Microseconds ?? 0;

    /// <summary>Everything that adjacency counts can be seen.</summary>
    internal bool IsEverything => snapshot.AllAlive && SeesEveryConcept && !_filtersTime;

    /// <summary>Nothing is left out for its times.</summary>
    internal bool SeesEveryConcept => !_hasExpiry && !_filtersTime;

    /// <summary>Whether a concept that exists or is implied can be seen. Not to be asked of dead rows: a live association's ends never are.</summary>
    public bool ShowsEnd(int concept) => SeesEveryConcept || ShowsUnexpired(concept);

    /// <summary>Whether an association can be seen, its ends aside.</summary>
    public bool ShowsAssociation(int association) =>
        snapshot.IsAlive(association) && (!_filtersTime || IsValid(snapshot.Associations, association));

    /// <summary>Whether a concept exists or is implied, and can be seen.</summary>
    public bool ShowsConceptOrImplied(int concept) =>
        (uint)concept < (uint)snapshot.ConceptRows
        && (snapshot.Concepts.Table.Get(concept, HeaderColumn.Flags) & (long)(RowFlags.Alive | RowFlags.Implied)) != 0
        && ShowsEnd(concept);

    /// <summary>Whether a concept exists and can be seen; an implied one does not exist.</summary>
    public bool ShowsConcept(int concept) =>
        (_everyRowExists || (snapshot.Concepts.Table.Get(concept, HeaderColumn.Flags) & (long)RowFlags.Alive) != 0) && ShowsEnd(concept);

    /// <summary>The concepts of a row group that exist and can be seen; what is answered of rows behind the last one means nothing.</summary>
    internal UInt128 ShownConcepts(RowGroup group)
    {
        var shown = _everyRowExists ? UInt128.MaxValue : group[HeaderColumn.Flags]?.Odd() ?? 0;
        if (SeesEveryConcept)
        {
            return shown;
        }

        if (_hasExpiry && group[HeaderColumn.ExpiresAt] is { } expiries)
        {
            shown &= ~AtMost(expiries, now.Microseconds);
        }

        return shown & ValidThen(group);
    }

    /// <summary>The associations of a row group that exist and can be seen.</summary>
    internal UInt128 ShownAssociations(RowGroup group)
    {
        var shown = (group[HeaderColumn.Flags]?.Odd() ?? 0) & ValidThen(group);
        if (SeesEveryConcept || shown == 0 || group[AssociationColumn.Source] is not { } sourcePage || group[AssociationColumn.Target] is not { } targetPage)
        {
            return shown;
        }

        Span<long> sources = stackalloc long[Page.Rows], targets = stackalloc long[Page.Rows];
        sourcePage.CopyTo(sources);
        targetPage.CopyTo(targets);
        foreach (var row in new RowBits(shown))
        {
            shown &= ShowsEnd((int)sources[row]) && ShowsEnd((int)targets[row]) ? UInt128.MaxValue : ~(UInt128.One << row);
        }

        return shown;
    }

    private UInt128 ValidThen(RowGroup group)
    {
        var valid = UInt128.MaxValue;
        if (_filtersTime)
        {
            valid &= group[HeaderColumn.ValidFrom] is { } froms ? ~froms.Valid | AtMost(froms, _validAt) : UInt128.MaxValue;
            valid &= group[HeaderColumn.ValidTo] is { } tos ? ~AtMost(tos, _validAt) : UInt128.MaxValue;
        }

        return valid;
    }

    private static UInt128 AtMost(Page page, long value) => page.Between(long.MinValue, value);

    private bool ShowsUnexpired(int concept) =>
        !(_hasExpiry && snapshot.Concepts.Table.TryGet(concept, HeaderColumn.ExpiresAt, out var expiry) && expiry <= now.Microseconds)
        && (!_filtersTime || IsValid(snapshot.Concepts, concept));

    private bool IsValid(StoredRows rows, int row) =>
        (!rows.Table.TryGet(row, HeaderColumn.ValidFrom, out var from) || from <= _validAt)
        && (!rows.Table.TryGet(row, HeaderColumn.ValidTo, out var to) || _validAt < to);
}
