namespace Cairn.Simulation.Running;

/// <summary>What a run did.</summary>
/// <param name="Hash">Of everything that happened, in order.</param>
/// <param name="Calls">Storage calls.</param>
/// <param name="Commits">Commits that were decided.</param>
/// <param name="Crashes">Processes that died.</param>
/// <param name="Checkpoints">Checkpoints that counted.</param>
/// <param name="LogFiles">Log files.</param>
internal readonly record struct RunReport(ulong Hash, long Calls, long Commits, long Crashes, long Checkpoints, long LogFiles)
{
    public static RunReport operator +(RunReport a, RunReport b) => new(
        a.Hash ^ b.Hash, a.Calls + b.Calls, a.Commits + b.Commits, a.Crashes + b.Crashes, a.Checkpoints + b.Checkpoints, a.LogFiles + b.LogFiles);

    public override string ToString() =>
        $"{Calls} storage calls, {Commits} commits, {Crashes} crashes, {Checkpoints} checkpoints, {LogFiles} log files";
}
