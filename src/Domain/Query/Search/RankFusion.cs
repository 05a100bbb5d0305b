namespace Cairn.Query.Search;

/// <summary>
/// Makes one ranking of several whose scores cannot be compared: a row's score is the sum of 1 / (60 + rank) over the rankings that it is in (Cormack, Clarke and Büttcher,
/// "Reciprocal Rank Fusion", SIGIR 2009). Stateless; any thread.
/// </summary>
internal static class RankFusion
{
    /// <summary>How little the first ranks are ahead of the next ones; as published.</summary>
    public const int Damping = 60;

    /// <summary>The rows of all rankings, the best first; equal scores in the order in which the rows first come.</summary>
    /// <param name="rankings">Rows, the best first, each at most once in a ranking.</param>
    public static IReadOnlyList<RankedRow> Fuse(params ReadOnlySpan<IReadOnlyList<RankedRow>> rankings)
    {
        var places = new Dictionary<int, int>();
        var fused = new List<RankedRow>();
        foreach (var ranking in rankings)
        {
            for (var rank = 1; rank <= ranking.Count; rank++)
            {
                var row = ranking[rank - 1].Row;
                var score = 1d / (Damping + rank);
                if (places.TryGetValue(row, out var place))
                {
                    fused[place] = new(row, fused[place].Score + score);
                    continue;
                }

                places[row] = fused.Count;
                fused.Add(new(row, score));
            }
        }

        return [.. fused.OrderByDescending(static hit => hit.Score)];
    }
}
