namespace Cairn.Domain.Tests;

/// <summary>What some code allocates on this thread.</summary>
internal static class AllocatedBytes
{
    private const int Runs = 20;

    /// <summary>
    /// The least of some runs: beside other tests, code may get its final form late and the pools may be empty, and until then more is allocated. What the code itself
    /// needs, every run has.
    /// </summary>
    public static long Least(Action action)
    {
        var least = long.MaxValue;
        for (var run = 0; run < Runs; run++)
        {
            var before = GC.GetAllocatedBytesForCurrentThread();
            action();
            least = Math.Min(least, GC.GetAllocatedBytesForCurrentThread() - before);
        }

        return least;
    }
}
