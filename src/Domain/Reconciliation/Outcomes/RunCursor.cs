using Cairn.Primitives;

namespace Cairn.Reconciliation.Outcomes;

/// <summary>Walks over the records of runs in the order of the log. One thread, while nothing is added to them.</summary>
/// <param name="runs">In the order of the log.</param>
internal sealed class RunCursor(IReadOnlyList<OutcomeRun> runs)
{
    private int _run;
    private int _chunk;
    private int _record;

    /// <summary>Whether there is a record at hand.</summary>
    public bool HasRecord => _run < runs.Count;

    /// <summary>Where the record at hand ends.</summary>
    public LogPosition Position => Record.Position;

    /// <summary>The record at hand.</summary>
    public OutcomeRecord Record => Chunk[_record];

    /// <summary>The key of its commit.</summary>
    public UInt128 Key => Chunk.Key(_record);

    private OutcomeChunk Chunk => runs[_run].Chunks[_chunk];

    /// <summary>Goes to the first record behind a position.</summary>
    public void Seek(LogPosition after)
    {
        (_run, _chunk, _record) = (0, 0, 0);
        while (HasRecord && runs[_run].Last <= after)
        {
            _run++;
        }

        if (HasRecord)
        {
            _chunk = FirstBehind(runs[_run].Chunks, after);
            _record = Chunk.IndexAfter(after);
        }
    }

    /// <summary>Goes to the next record.</summary>
    public void Advance()
    {
        if (++_record < Chunk.Count)
        {
            return;
        }

        _record = 0;
        if (++_chunk == runs[_run].Chunks.Count)
        {
            (_run, _chunk) = (_run + 1, 0);
        }
    }

    private static int FirstBehind(IReadOnlyList<OutcomeChunk> chunks, LogPosition after)
    {
        var (low, high) = (0, chunks.Count - 1);
        while (low < high)
        {
            var middle = (low + high) / 2;
            (low, high) = chunks[middle].Last <= after ? (middle + 1, high) : (low, middle);
        }

        return low;
    }
}

/// <summary>Both kinds of runs as one sequence in the order of the log: a merge. As <see cref="RunCursor"/>.</summary>
internal readonly struct MergedCursor(IReadOnlyList<OutcomeRun> given, IReadOnlyList<OutcomeRun> made)
{
    private readonly RunCursor _given = new(given);
    private readonly RunCursor _made = new(made);

    /// <summary>The cursor whose record comes next; null behind the last. The caller advances it.</summary>
    public RunCursor? Next => !_given.HasRecord ? (_made.HasRecord ? _made : null)
        : !_made.HasRecord || _given.Position < _made.Position ? _given : _made;

    /// <summary>The next commits behind a position.</summary>
    public List<RememberedCommit> ReadAfter(LogPosition after, int most)
    {
        _given.Seek(after);
        _made.Seek(after);
        var found = new List<RememberedCommit>();
        for (; found.Count < most && Next is { } next; next.Advance())
        {
            found.Add(next.Record.Decode());
        }

        return found;
    }
}
