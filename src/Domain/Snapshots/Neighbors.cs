using System.Runtime.CompilerServices;
using Cairn.Indexes;

namespace Cairn.Snapshots;

/// <summary>Which associations of a concept are meant.</summary>
public enum Direction
{
    /// <summary>Those that leave it, then those that reach it.</summary>
    Both,

    /// <summary>Those that leave it.</summary>
    Out,

    /// <summary>Those that reach it.</summary>
    In,
}

/// <summary>One association seen from one of its ends.</summary>
/// <param name="Association">Row of the association.</param>
/// <param name="Neighbor">Row of the concept at the other end.</param>
/// <param name="Outgoing">It leaves the concept that was asked for.</param>
public readonly record struct NeighborEdge(int Association, int Neighbor, bool Outgoing);

/// <summary>The live associations of one concept in no particular order; out before in, a loop once. No allocation.</summary>
public ref struct NeighborEnumerator
{
    private readonly Snapshot _snapshot;
    private readonly int _row;
    private readonly bool _skipLoops;
    private Adjacency.Chain _chain;
    private bool _outgoing;
    private bool _inFollows;

    internal NeighborEnumerator(Snapshot snapshot, int row, Direction direction)
    {
        (_snapshot, _row) = (snapshot, row);
        (_outgoing, _inFollows, _skipLoops) = (direction != Direction.In, direction == Direction.Both, direction == Direction.Both);
        _chain = snapshot.Adjacency.Entries(row, _outgoing);
    }

    /// <summary>The association reached.</summary>
    public readonly NeighborEdge Current => new(_chain.Association, _chain.Other, _outgoing);

    /// <summary>For foreach.</summary>
    public readonly NeighborEnumerator GetEnumerator() => this;

    /// <summary>Goes to the next live association.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public bool MoveNext()
    {
        while (true)
        {
            while (_chain.MoveNext(_snapshot.AssociationRows))
            {
                if (_snapshot.IsAlive(_chain.Association) && (_outgoing || !_skipLoops || _chain.Other != _row))
                {
                    return true;
                }
            }

            if (!_inFollows)
            {
                return false;
            }

            (_inFollows, _outgoing) = (false, false);
            _chain = _snapshot.Adjacency.Entries(_row, outgoing: false);
        }
    }
}
