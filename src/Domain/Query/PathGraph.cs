using Cairn.Snapshots;

namespace Cairn.Query;

/// <summary>What path searches walk: a snapshot through a policy, with the marks of a scratch. One thread.</summary>
internal sealed class PathGraph<TEdges>(Snapshot snapshot, TEdges edges, Direction direction, PathScratch scratch)
    where TEdges : struct, IEdgePolicy
{
    public Snapshot Snapshot => snapshot;

    public PathScratch Scratch => scratch;

    public TEdges Edges => edges;

    /// <summary>Which associations lead on towards the end of a path.</summary>
    public Direction Onwards => direction;

    /// <summary>Which associations lead back towards its start.</summary>
    public Direction Backwards => direction switch
    {
        Direction.Out => Direction.In,
        Direction.In => Direction.Out,
        _ => Direction.Both,
    };

    public uint CodeOf(int row) => scratch.Marks[row] - scratch.Epoch;

    public void Mark(int row, uint code) => scratch.Marks[row] = scratch.Epoch | code;

    public void Unmark(int row) => scratch.Marks[row] = 0;

    /// <summary>Whether the id of one row comes before that of another.</summary>
    public bool IsBefore(int row, int other) => row != other && snapshot.Ids[row].SequenceCompareTo(snapshot.Ids[other]) < 0;
}
