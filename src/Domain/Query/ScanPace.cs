namespace Cairn.Query;

/// <summary>Looks at a token every few thousand rows of a long walk. One thread.</summary>
internal struct ScanPace(CancellationToken cancellation)
{
    private const int RowsPerCheck = 4096;
    private int _rows;

    /// <exception cref="OperationCanceledException">Cancelled.</exception>
    public void Step()
    {
        if (_rows++ % RowsPerCheck == 0)
        {
            cancellation.ThrowIfCancellationRequested();
        }
    }
}
