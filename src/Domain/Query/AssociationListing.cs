using Cairn.Primitives;
using Cairn.Snapshots;

namespace Cairn.Query;

/// <summary>Associations by source, type, target and key, each by bytes, page by page; those with an expired end are left out.</summary>
/// <remarks>
/// With a source or a target a page costs O(its associations). Without either, sources are walked in the order of their ids and
/// a page costs what it walks over: with a type that is rare, up to every association. What exists unchanged throughout comes exactly
/// once over all pages, whatever the snapshots they are taken from.
/// </remarks>
public sealed record AssociationListing
{
    /// <summary>The longest page.</summary>
    public const int MaxLimit = 1000;

    /// <summary>For expiry; taken once per request.</summary>
    public required Timestamp Now { get; init; }

    /// <summary>World time: only associations and ends that were true then; null: all.</summary>
    public Timestamp? ValidAt { get; init; }

    /// <summary>Row of the concept that they leave; −1 (an id that the space never saw): none; null: any.</summary>
    public int? Source { get; init; }

    /// <summary>Row of the concept that they reach; −1 (an id that the space never saw): none; null: any.</summary>
    public int? Target { get; init; }

    /// <summary>Types, any of.</summary>
    public CodeFilter Types { get; init; }

    /// <summary>1 to <see cref="MaxLimit"/>.</summary>
    public int Limit { get; init; } = 50;

    /// <summary>Where the page before ended (<see cref="RowPage.Next"/>); empty: begin at the first.</summary>
    public ReadOnlyMemory<byte> After { get; init; }

    /// <summary>Answers one page of association rows.</summary>
    /// <exception cref="ArgumentOutOfRangeException">The limit.</exception>
    /// <exception cref="CairnException">Invalid, wrong-cursor: <see cref="After"/> is not from such a page.</exception>
    /// <exception cref="OperationCanceledException">Cancelled.</exception>
    public RowPage Run(Snapshot snapshot, CancellationToken cancellationToken)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(Limit, 1);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(Limit, MaxLimit);
        var after = After.IsEmpty ? default : KeysetKey.Parse(After.Span);
        if (Source is < 0 || Target is < 0)
        {
            return RowPage.Empty;
        }

        var visibility = new Visibility(snapshot, Now, ValidAt);
        var byTarget = IsByTarget(snapshot);
        var other = (byTarget ? Source : Target) ?? -1;
        var scan = new EdgeScan(snapshot, visibility, Types, cancellationToken) { OnlyOther = other };
        var rows = new List<int>(Math.Min(Limit, 64) + 1);
        if ((byTarget ? Target : Source) is not { } end)
        {
            ListAll(snapshot, scan, visibility, after, rows, cancellationToken);
        }
        else if (visibility.ShowsConceptOrImplied(end))
        {
            ListOne(snapshot, scan, end, byTarget, after, rows);
        }

        if (rows.Count <= Limit)
        {
            return new(rows, null);
        }

        rows.RemoveRange(Limit, rows.Count - Limit);
        return new(rows, Place(snapshot, rows[^1]));
    }

    // With both ends given either will do: the one that has fewer associations.
    private bool IsByTarget(Snapshot snapshot) => Target is { } target
        && (Source is not { } source || snapshot.Adjacency.EstimateDegree(target, outgoing: false) < snapshot.Adjacency.EstimateDegree(source, outgoing: true));

    private void ListOne(Snapshot snapshot, EdgeScan scan, int end, bool byTarget, in KeysetKey after, List<int> rows)
    {
        if (!After.IsEmpty)
        {
            scan.ContinueAfter(after.Second, byTarget ? after.First : after.Third, after.Fourth);
            if (!(byTarget ? after.Third : after.First).SequenceEqual(snapshot.Concept(end).Id))
            {
                throw KeysetKey.Wrong();
            }
        }

        using var selection = new EdgeSelection(snapshot, byTarget ? EdgeOrder.OtherFirst : EdgeOrder.TypeFirst, Limit + 1);
        scan.Run(end, outgoing: !byTarget, selection);
        selection.TakeSorted(rows);
    }

    private void ListAll(Snapshot snapshot, EdgeScan scan, Visibility visibility, in KeysetKey after, List<int> rows, CancellationToken cancellationToken)
    {
        var pace = new ScanPace(cancellationToken);
        using var selection = new EdgeSelection(snapshot, EdgeOrder.TypeFirst, Limit + 1);
        for (var walk = snapshot.ConceptsById(after.First, inclusive: true); rows.Count <= Limit && walk.MoveNext();)
        {
            pace.Step();
            if (!visibility.ShowsConceptOrImplied(walk.Row))
            {
                continue;
            }

            scan.StartOver();
            if (!After.IsEmpty && snapshot.Concept(walk.Row).Id.SequenceEqual(after.First))
            {
                scan.ContinueAfter(after.Second, after.Third, after.Fourth);
            }

            scan.Run(walk.Row, outgoing: true, selection);
            selection.TakeSorted(rows);
        }
    }

    private static byte[] Place(Snapshot snapshot, int last)
    {
        var association = snapshot.Association(last);
        return new KeysetKey(
            snapshot.Concept(association.Source).Id, association.TypeName, snapshot.Concept(association.Target).Id, association.Key).Encode();
    }
}
