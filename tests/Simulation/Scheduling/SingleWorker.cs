namespace Cairn.Simulation.Scheduling;

/// <summary>
/// The thread pool of a process that simulates: one worker, which everything runs on, the simulation itself too. So nothing ever runs at the same
/// time, work is taken in an order that depends on nothing but itself, and whoever runs can tell that all others wait for him.
/// </summary>
internal static class SingleWorker
{
    /// <summary>Makes a child process have such a pool, and compile each method once: some seconds of work are over before tiers pay off.</summary>
    /// <remarks>To be set before the process starts.</remarks>
    public static readonly IReadOnlyList<(string Name, string Value)> Environment =
    [
        ("DOTNET_ThreadPool_ForceMinWorkerThreads", "1"),
        ("DOTNET_ThreadPool_ForceMaxWorkerThreads", "1"),
        ("DOTNET_TieredCompilation", "0"),
    ];

    /// <summary>Whether this process is one.</summary>
    public static bool IsHere
    {
        get
        {
            ThreadPool.GetMaxThreads(out var most, out _);
            return most == 1;
        }
    }

    /// <summary>Runs everything that can run. Afterwards all that is under way waits for a storage call, a timer or another that waits.</summary>
    public static async ValueTask SettleAsync()
    {
        while (ThreadPool.PendingWorkItemCount > 0)
        {
            await Task.Yield();
        }
    }
}
