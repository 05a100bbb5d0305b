using Cairn.Snapshots;

namespace Cairn.Query.Search;

/// <summary>Answers a <see cref="SearchQuery"/>: gets the indexes ready, then makes the part of the list that the page lies in. One thread at a time.</summary>
internal sealed class SearchScan : Scan<SearchPage>
{
    /// <summary>
    /// Hits of each ranking that the first part of the list is made of: enough that the first few are what they would be of all. One of the depths that an index of vectors
    /// measures its plan at (<see cref="Vectors.ProbePlan"/>): one more would be looked for as far as the next.
    /// </summary>
    public const int FirstDepth = 80;

    /// <summary>Hits of each ranking that the whole list is made of.</summary>
    public const int WholeDepth = 1000;

    // Pages that are as long as the first part would end in the midst of it.
    private const int LongPage = FirstDepth / 2;

    private readonly SearchQuery _query;
    private readonly SearchPlace _place;
    private readonly SearchIndexes _indexes;
    private readonly Queue<SearchPass> _passes = new();
    private readonly HashSet<int> _shown = [];
    private SearchRankings? _rankings;
    private SearchPage? _page;

    public SearchScan(SearchQuery query, Snapshot snapshot)
    {
        _query = query;
        _place = !query.After.IsEmpty ? SearchPlace.Parse(query.After.Span) : new(query.Limit > LongPage ? SearchPart.All : SearchPart.First, 0);
        _indexes = new(query, snapshot);
    }

    public override SearchPage Result => _page!;

    public override bool Step()
    {
        if (_rankings is null)
        {
            Prepare();
            return true;
        }

        var pass = _passes.Peek();
        pass.Deadline = Deadline;
        var before = pass.RowsVisited;
        var goesOn = pass.Step();
        RowsVisited += pass.RowsVisited - before;
        if (goesOn)
        {
            return true;
        }

        _passes.Dequeue();
        if (_passes.Count > 0)
        {
            _shown.UnionWith(pass.Result.Select(static hit => hit.Row));
            return true;
        }

        Take(pass);
        return false;
    }

    private void Prepare()
    {
        _indexes.Deadline = Deadline;
        var goesOn = _indexes.Step();
        RowsVisited = _indexes.RowsVisited;
        if (goesOn)
        {
            return;
        }

        _rankings = new(_query, _indexes.Result, Work);
        if (_place.Part == SearchPart.Rest)
        {
            _passes.Enqueue(new(_query, _rankings, FirstDepth));
        }

        _passes.Enqueue(new(_query, _rankings, _place.Part switch
        {
            SearchPart.First => DepthFor(_place.Skipped, FirstDepth),
            SearchPart.Rest => DepthFor(FirstDepth + _place.Skipped, WholeDepth),
            _ => DepthFor(_place.Skipped, WholeDepth),
        }));
    }

    // One ranking alone is in its own order already: of it only the page is needed, and one more that tells whether there are more.
    private int DepthFor(int before, int most) =>
        _rankings!.IsOne && _query is { Diversity: 0, Boosts: var boosts } && boosts == default ? Math.Min(most, before + _query.Limit + 1) : most;

    private void Take(SearchPass pass)
    {
        var hits = pass.Result;
        hits.RemoveAll(hit => _shown.Contains(hit.Row));
        var skipped = Math.Min(_place.Skipped, hits.Count);
        var count = Math.Min(_query.Limit, hits.Count - skipped);
        var isAtEnd = skipped + count == hits.Count;
        _page = isAtEnd && _place.Part == SearchPart.First && pass.IsCut
            ? new(_rankings!.Snapshot, hits.GetRange(skipped, count), _place, new SearchPlace(SearchPart.Rest, 0))
            : new(_rankings!.Snapshot, hits.GetRange(skipped, count), _place, isAtEnd ? null : _place.Skip(count));
    }
}
