using System.Runtime.CompilerServices;
using Cairn.Indexes;
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

    /// <summary>The neighbours of a row that have a code and that an allowed association leads to; one several times if several do.</summary>
    public MarkedWalk Marked(int row, Direction follows, uint code) => new(this, row, follows, code);

    /// <summary>The next row with a code whose id comes first, of those that a row leads to.</summary>
    public int FirstMarked(int row, uint code)
    {
        var first = -1;
        var walk = Marked(row, Onwards, code);
        while (walk.MoveNext())
        {
            if (first < 0 || IsBefore(walk.Row, first))
            {
                first = walk.Row;
            }
        }

        return first;
    }

    /// <summary>Whether the id of one row comes before that of another.</summary>
    public bool IsBefore(int row, int other) => row != other && snapshot.Ids[row].SequenceCompareTo(snapshot.Ids[other]) < 0;

    /// <summary>See <see cref="Marked"/>. No allocation.</summary>
    internal ref struct MarkedWalk
    {
        private readonly PathGraph<TEdges> _graph;
        private readonly int _from;
        private readonly uint _mark;
        private Adjacency.BlockWalk _blocks;
        private ReadOnlySpan<ulong> _entries;
        private int _at;
        private bool _inFollows;

        public MarkedWalk(PathGraph<TEdges> graph, int row, Direction follows, uint code)
        {
            (_graph, _from, _mark) = (graph, row, graph.Scratch.Epoch | code);
            _blocks = graph.Snapshot.Adjacency.Blocks(row, outgoing: follows != Direction.In);
            _inFollows = follows == Direction.Both;
        }

        /// <summary>The row reached.</summary>
        public int Row { get; private set; }

        /// <summary>Associations looked at so far.</summary>
        public int Looked { get; private set; }

        /// <summary>Goes to the next one.</summary>
        public bool MoveNext()
        {
            var (marks, rows) = (_graph.Scratch.Marks, (uint)_graph.Snapshot.AssociationRows);
            do
            {
                while (_at < _entries.Length)
                {
                    var entry = _entries[_at++];
                    var association = Adjacency.BlockWalk.AssociationOf(entry);
                    if ((uint)association < rows && marks[Adjacency.BlockWalk.OtherOf(entry)] == _mark && _graph.Edges.Follows(association))
                    {
                        Row = Adjacency.BlockWalk.OtherOf(entry);
                        return true;
                    }
                }
            }
            while (NextBlock());
            return false;
        }

        [MethodImpl(MethodImplOptions.NoInlining)]
        private bool NextBlock()
        {
            if (!_blocks.MoveNext())
            {
                if (!_inFollows)
                {
                    return false;
                }

                _inFollows = false;
                _blocks = _graph.Snapshot.Adjacency.Blocks(_from, outgoing: false);
                return NextBlock();
            }

            _entries = _blocks.Entries;
            _at = 0;
            Looked += _entries.Length;
            return true;
        }
    }
}
