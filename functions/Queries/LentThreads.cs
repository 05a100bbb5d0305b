namespace Cairn.Functions.Queries;

/// <summary>
/// Pool threads that queries hold for long. The pool begins with a thread per processor and adds one at a time, half a second apart: with all of them in
/// queries, a point read would wait that long for its thread. So for each one that is lent the pool may have another at once. Not always, for a thread more
/// than there are processors costs the reads beside it: it spins for work and is woken for nothing. Any thread.
/// Invariant: the pool's minimum is what it was at the start, and one more for each thread that is lent.
/// </summary>
internal static class LentThreads
{
    private static readonly Lock Gate = new();
    private static readonly (int Workers, int Ports) Least = LeastOfPool();
    private static int _lent;

    /// <summary>The calling thread stays with a query.</summary>
    public static void Lend() => Change(1);

    /// <summary>It is free for others again.</summary>
    public static void Return() => Change(-1);

    private static void Change(int by)
    {
        lock (Gate)
        {
            _lent += by;
            ThreadPool.SetMinThreads(Least.Workers + _lent, Least.Ports);
        }
    }

    private static (int Workers, int Ports) LeastOfPool()
    {
        ThreadPool.GetMinThreads(out var workers, out var ports);
        return (Math.Max(workers, Environment.ProcessorCount), ports);
    }
}
