using Cairn.Query;
using Cairn.Snapshots;
using Cairn.Storage.Lookups;

namespace Cairn.Functions.Lookups;

/// <summary>
/// Looks for one page of a list by id. The index is asked for what may be in it, page after page, until the list's own test of what came has filled the page and found one more,
/// so that page and cursor are those of the whole space.
/// </summary>
/// <param name="condition">What the concepts must meet; null: nothing is asked for, all may.</param>
/// <param name="after">Where the page before ended.</param>
/// <param name="limit">Of the page.</param>
/// <param name="run">The list over the concepts of a snapshot.</param>
internal sealed class ListLookup(LookupCondition? condition, byte[] after, int limit, Func<Snapshot, RowPage> run) : ILookup
{
    // A condition that keeps one in a hundred of what is asked for is better tested on the space.
    private const int MaxCandidates = 5_000;
    private const long MaxBytes = 16 * 1024 * 1024;

    /// <summary>What an index is asked for a list; false: nothing that would leave enough out.</summary>
    /// <param name="labels">Any of them; none: whatever labels.</param>
    /// <param name="where">The list's condition; null: none.</param>
    /// <param name="condition">What is asked; null: nothing, since the list takes everything.</param>
    public static bool TryAsk(string[] labels, WhereClause? where, out LookupCondition? condition)
    {
        var labelled = labels.Length == 0 ? null : new OneHolds([.. labels.Select(static label => new CarriesLabel(label))]);
        var asked = where?.ToLookup();
        condition = labelled is not null && asked is not null ? new AllHold([labelled, asked]) : asked ?? labelled;
        return condition is not null || where is null;
    }

    public async ValueTask<Snapshot?> FindAsync(ColdSpace space, CancellationToken cancellationToken)
    {
        var (candidates, bytes, from) = (new List<LookupDocument>(), 0L, (ReadOnlyMemory<byte>)after);
        for (var most = Math.Min(limit + 1, ILookupsIndex.MaxPage); candidates.Count <= MaxCandidates && bytes <= MaxBytes; most = Math.Min(most * 2, ILookupsIndex.MaxPage))
        {
            var page = await space.QueryAsync(new(condition, from, most), cancellationToken);
            candidates.AddRange(page.Documents);
            bytes += page.Documents.Sum(static document => (long)document.Body.Length);
            var snapshot = space.ToSnapshot(candidates);
            if (snapshot is null || page.IsLast || run(snapshot).Next is not null)
            {
                return snapshot;
            }

            from = page.Documents[^1].Id;
        }

        return null;
    }
}
