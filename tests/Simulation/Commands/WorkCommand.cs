using System.Globalization;
using Cairn.Simulation.Running;
using Cairn.Simulation.Scheduling;

namespace Cairn.Simulation.Commands;

/// <summary>What a child process does: runs seeds one after the other on its only worker, and says a line for each thing that the parent wants to know.</summary>
internal static class WorkCommand
{
    public const string Name = "work";

    public static int Run(string[] args)
    {
        if (!SingleWorker.IsHere)
        {
            Console.Error.WriteLine("the thread pool has more than one worker: nothing would be the same twice");
            return 2;
        }

        var request = WorkRequest.Parse(args);
        return Task.Run(() => RunAsync(request)).GetAwaiter().GetResult();
    }

    private static async Task<int> RunAsync(WorkRequest request)
    {
        var total = default(RunReport);
        for (var i = 0; i < request.Seeds; i++)
        {
            total += request.Sweeps ? await SweepAsync(request, request.From + i) : await TryAsync(request, RunPlan.Of(request.From + i, request.Mode));
            Say(WorkLine.Done, "1");
        }

        Say(WorkLine.Total, total.ToString());
        return 0;
    }

    // The crash comes one storage call later each time, until the run is over before it.
    private static async Task<RunReport> SweepAsync(WorkRequest request, int seed)
    {
        var total = default(RunReport);
        for (var call = request.CrashAt ?? 1; ; call++)
        {
            var last = default(RunReport);
            foreach (var happens in new[] { false, true })
            {
                last = await TryAsync(request, RunPlan.OfSweep(seed, request.Mode, call, happens));
                total += last;
            }

            if (last.Calls < call || request.CrashAt is not null)
            {
                return total;
            }
        }
    }

    private static async Task<RunReport> TryAsync(WorkRequest request, RunPlan plan)
    {
        try
        {
            var report = await SeedRun.RunAsync(plan, new(request.Traces ? Console.Out : null));
            if (request.Hashes)
            {
                Say(WorkLine.Hash, $"{plan.Seed} {report.Hash:x16}");
            }

            return report;
        }
        catch (SimulationException broken)
        {
            Say(WorkLine.Failure, $"{Replay(request, plan)}\n{broken.Message}");
            return default;
        }
    }

    private static string Replay(WorkRequest request, RunPlan plan) =>
        $"{RunCommand.Command} {new WorkRequest(plan.Seed, 1, request.Mode) { Sweeps = request.Sweeps, CrashAt = plan.CrashAtCall, Traces = true }}";

    private static void Say(WorkLine kind, string text)
    {
        foreach (var line in text.Split('\n'))
        {
            Console.Out.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{(char)kind} {line}"));
        }
    }
}

/// <summary>With what a line of a child begins.</summary>
internal enum WorkLine
{
    Done = '.',
    Failure = '!',
    Hash = '#',
    Total = '=',
}
