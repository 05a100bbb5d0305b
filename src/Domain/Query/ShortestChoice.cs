namespace Cairn.Query;

/// <summary>How a bidirectional search ended: both depths, and the level that touched the other side.</summary>
/// <param name="ForwardDepth">Levels from the start.</param>
/// <param name="BackwardDepth">Levels from the end.</param>
/// <param name="IsForward">The side that touched the other.</param>
/// <param name="Slot">Queue slot of the first row that did.</param>
/// <param name="LevelEnd">Queue slot behind that side's last level.</param>
internal readonly record struct Meeting(int ForwardDepth, int BackwardDepth, bool IsForward, int Slot, int LevelEnd);

/// <summary>
/// Of all shortest paths, takes the one whose ids come first: the smallest second id, among those the smallest third, and so on. That
/// depends on the graph alone, never on rows or on the course of the search.
/// </summary>
/// <remarks>Looks at the rest of the level that touched the other side, marks what lies on a shortest path from there back to the start, and
/// then walks from the start, always to the smallest id. About twice the work of a search that stops at its first touch.</remarks>
internal sealed class ShortestChoice<TEdges>(PathGraph<TEdges> graph, SearchLimits limits)
    where TEdges : struct, IEdgePolicy
{
    private readonly PathScratch _scratch = graph.Scratch;

    /// <summary>Fills a path whose first row is set. False: a limit was reached first.</summary>
    public bool TryChoose(in Meeting meeting, int to, Span<int> path)
    {
        if (!TryMarkMeeting(meeting) || !TryMarkForward(meeting.ForwardDepth))
        {
            return false;
        }

        var at = 0;
        for (; at < meeting.ForwardDepth; at++)
        {
            path[at + 1] = graph.FirstMarked(path[at], PathScratch.Live + (uint)(at + 1));
        }

        for (var distance = meeting.BackwardDepth; distance > 0; distance--, at++)
        {
            path[at + 1] = graph.FirstMarked(path[at], PathScratch.Backward + (uint)distance);
        }

        path[at + 1] = to;
        return true;
    }

    // Marks the rows of the start's last level that have a neighbour in the end's.
    private bool TryMarkMeeting(in Meeting meeting)
    {
        var step = meeting.IsForward ? 1 : -1;
        for (var slot = meeting.Slot; slot != meeting.LevelEnd; slot += step)
        {
            var looked = meeting.IsForward
                ? MarkIfTouching(_scratch.Queue[slot], meeting.ForwardDepth, PathScratch.Backward + (uint)meeting.BackwardDepth)
                : MarkTouched(_scratch.Queue[slot], meeting.ForwardDepth);
            if (!limits.TryExpand(looked))
            {
                return false;
            }
        }

        return true;
    }

    // Marks the rows before them, level by level. The start itself needs no mark.
    private bool TryMarkForward(int forwardDepth)
    {
        for (var depth = forwardDepth - 1; depth > 0; depth--)
        {
            for (var slot = _scratch.LevelStarts[depth]; slot < _scratch.LevelStarts[depth + 1]; slot++)
            {
                if (!limits.TryExpand(MarkIfTouching(_scratch.Queue[slot], depth, PathScratch.Live + (uint)(depth + 1))))
                {
                    return false;
                }
            }
        }

        return true;
    }

    // The row lies on a shortest path if one of its neighbours has the code.
    private int MarkIfTouching(int row, int depth, uint code)
    {
        var touching = graph.Marked(row, graph.Onwards, code);
        if (touching.MoveNext())
        {
            graph.Mark(row, PathScratch.Live + (uint)depth);
        }

        return touching.Looked;
    }

    // The row's neighbours in the start's last level lie on a shortest path.
    private int MarkTouched(int row, int depth)
    {
        var touched = graph.Marked(row, graph.Backwards, PathScratch.Forward + (uint)depth);
        while (touched.MoveNext())
        {
            graph.Mark(touched.Row, PathScratch.Live + (uint)depth);
        }

        return touched.Looked;
    }
}
