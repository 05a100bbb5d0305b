using System.Diagnostics;

namespace Cairn.Simulation.Commands;

/// <summary>Runs seeds in as many child processes as there are processors, shows how far it is, and names what failed with the command that replays it.</summary>
internal static class RunCommand
{
    public const string Name = "run";

    /// <summary>What to type.</summary>
    public const string Command = "dotnet run --project tests/Simulation -- run";

    private const string Usage = $"{Command} [--seeds 1000] [--from 0] [--shared] [--sweep [--crash-at N]] [--hash] [--trace]";
    private static readonly TimeSpan BetweenProgress = TimeSpan.FromSeconds(5);

    public static int Run(string[] args)
    {
        WorkRequest request;
        try
        {
            request = WorkRequest.Parse(args);
        }
        catch (ArgumentException wrong)
        {
            Console.Error.WriteLine($"{wrong.Message}\n{Usage}");
            return 2;
        }

        return RunAsync(request).GetAwaiter().GetResult();
    }

    private static async Task<int> RunAsync(WorkRequest request)
    {
        var (began, shown) = (Stopwatch.StartNew(), TimeSpan.Zero);
        var work = new SeedWork(request)
        {
            Printed = Console.Out.WriteLine,
            Progressed = done =>
            {
                if (began.Elapsed - shown > BetweenProgress)
                {
                    shown = began.Elapsed;
                    Console.Error.WriteLine($"{done} of {request.Seeds} seeds, {done / began.Elapsed.TotalSeconds:F0} a second");
                }
            },
        };
        var result = await work.RunAsync(CancellationToken.None);
        Console.Out.WriteLine($"{result.Seeds} seeds in {began.Elapsed.TotalSeconds:F1} s, {result.Failures.Count} failed");
        foreach (var total in result.Totals)
        {
            Console.Out.WriteLine(total);
        }

        return result.Failures.Count == 0 && result.Seeds == request.Seeds ? 0 : 1;
    }
}
