using Cairn.Primitives;
using Cairn.Snapshots;

namespace Cairn.Query;

/// <summary>The associations of a space, page by page: by source, type, target and key, each by bytes. Those with an expired end are left out.</summary>
/// <remarks>With a source or a target a page costs O(degree); without, what it walks over. What exists unchanged throughout comes exactly once
/// over all pages, whatever the snapshots they are taken from.</remarks>
public sealed record AssociationListing
{
    /// <summary>The longest page.</summary>
    public const int MaxLimit = 1000;

    /// <summary>For expiry; taken once per request.</summary>
    public required Timestamp Now { get; init; }

    /// <summary>World time: only associations whose ends and themselves were true then; null: all.</summary>
    public Timestamp? ValidAt { get; init; }

    /// <summary>Row of the concept that they leave; null: any.</summary>
    public int? Source { get; init; }

    /// <summary>Row of the concept that they reach; null: any.</summary>
    public int? Target { get; init; }

    /// <summary>Types of associations.</summary>
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
        var visibility = new Visibility(snapshot, Now, ValidAt);
        if ((Source is { } source && !visibility.ShowsConceptOrImplied(source)) || (Target is { } target && !visibility.ShowsConceptOrImplied(target)))
        {
            return RowPage.Empty;
        }

        var scan = new EdgeScan(snapshot, visibility, Types, CodeFilter.Any, cancellationToken)
        {
            OnlyOther = Source is null ? -1 : Target ?? -1,
        };
        var rows = new List<int>();
        if (Source is { } from)
        {
            OfSource(snapshot, scan, from, rows);
        }
        else if (Target is { } to)
        {
            OfTarget(snapshot, scan, to, rows);
        }
        else
        {
            All(snapshot, visibility, scan, rows);
        }

        return rows.Count <= Limit ? new(rows, null) : new(rows[..Limit], Place(snapshot, rows[Limit - 1]));
    }

    private void OfSource(Snapshot snapshot, EdgeScan scan, int source, List<int> rows)
    {
        if (!After.IsEmpty)
        {
            var after = KeysetKey.Parse(After.Span);
            scan.ContinueAfter(after.Second, after.Third, after.Fourth);
        }

        Take(snapshot, scan, source, outgoing: true, EdgeOrder.TypeFirst, rows);
    }

    // Seen from the target, the other end is the source: that comes first in the order.
    private void OfTarget(Snapshot snapshot, EdgeScan scan, int target, List<int> rows)
    {
        if (!After.IsEmpty)
        {
            var after = KeysetKey.Parse(After.Span);
            scan.ContinueAfter(after.Second, after.First, after.Fourth);
        }

        Take(snapshot, scan, target, outgoing: false, EdgeOrder.OtherFirst, rows);
    }

    private void All(Snapshot snapshot, Visibility visibility, EdgeScan scan, List<int> rows)
    {
        var first = ReadOnlySpan<byte>.Empty;
        if (!After.IsEmpty)
        {
            var after = KeysetKey.Parse(After.Span);
            first = after.First;
            scan.ContinueAfter(after.Second, after.Third, after.Fourth);
        }

        var walk = snapshot.ConceptsById(first, inclusive: true);
        while (rows.Count <= Limit && walk.MoveNext())
        {
            if (scan.HasAfter && !snapshot.Concept(walk.Row).Id.SequenceEqual(first))
            {
                scan.StartOver();
            }

            if (visibility.ShowsConceptOrImplied(walk.Row))
            {
                Take(snapshot, scan, walk.Row, outgoing: true, EdgeOrder.TypeFirst, rows);
            }
        }
    }

    private void Take(Snapshot snapshot, EdgeScan scan, int concept, bool outgoing, EdgeOrder order, List<int> rows)
    {
        using var selection = new EdgeSelection(snapshot, order, Limit + 1 - rows.Count);
        scan.Run(concept, outgoing, selection);
        if (selection.Count == 0)
        {
            return;
        }

        var edges = new NeighborEdge[selection.Count];
        selection.TakeSorted(outgoing, edges);
        foreach (var edge in edges)
        {
            rows.Add(edge.Association);
        }
    }

    private static byte[] Place(Snapshot snapshot, int row)
    {
        var last = snapshot.Association(row);
        return new KeysetKey(snapshot.Concept(last.Source).Id, last.TypeName, snapshot.Concept(last.Target).Id, last.Key).Encode();
    }
}
