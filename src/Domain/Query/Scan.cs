namespace Cairn.Query;

/// <summary>
/// A query that may visit many rows, walked in slices, so that whoever runs it can let others pass between two slices and stop at a deadline.
/// It reads one snapshot throughout. One thread at a time.
/// </summary>
/// <typeparam name="TResult">The answer.</typeparam>
public abstract class Scan<TResult>
{
    /// <summary>Rows that one slice visits at most: well below a millisecond, even where each row is tested on its own.</summary>
    protected const int RowsPerSlice = 4096;

    /// <summary>What is done beside that.</summary>
    internal WorkMeter Work { get; } = new();

    /// <summary>When it has to end, so that a slice with much to do can see it too; default never.</summary>
    public Deadline Deadline
    {
        get => Work.Deadline;
        set => Work.Deadline = value;
    }

    /// <summary>Rows visited so far: the work done, if it ends before its time.</summary>
    public long RowsVisited { get; protected set; }

    /// <summary>Visits the next slice; false: the scan is over and <see cref="Result"/> is whole.</summary>
    /// <exception cref="Primitives.CairnException">Unavailable, <c>timeout</c>: <see cref="Deadline"/> has passed inside of the slice; else what the query says.</exception>
    public abstract bool Step();

    /// <summary>The answer, after <see cref="Step"/> has answered false.</summary>
    public abstract TResult Result { get; }

    /// <summary>Walks to the end on the calling thread.</summary>
    /// <exception cref="OperationCanceledException">Cancelled between two slices.</exception>
    public TResult Run(CancellationToken cancellationToken)
    {
        do
        {
            cancellationToken.ThrowIfCancellationRequested();
        }
        while (Step());

        return Result;
    }
}
