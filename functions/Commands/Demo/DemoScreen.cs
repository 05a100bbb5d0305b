using Spectre.Console;

namespace Cairn.Functions.Commands.Demo;

/// <summary>Runs bursts one after the other and shows them.</summary>
internal static class DemoScreen
{
    /// <summary>For a terminal: bars that move, then the figures as a table.</summary>
    public static async Task ShowLiveAsync(IAnsiConsole console, IReadOnlyList<DemoBurst> bursts, CancellationToken cancellationToken)
    {
        var table = new Table().RoundedBorder().AddColumns("burst", "throughput", "latency");
        await console.Progress()
            .Columns(new TaskDescriptionColumn { Alignment = Justify.Left }, new ProgressBarColumn(), new PercentageColumn())
            .StartAsync(async screen =>
            {
                var bars = bursts.Select(burst => screen.AddTask(burst.Name, autoStart: false, maxValue: burst.Steps)).ToArray();
                foreach (var (burst, bar) in bursts.Zip(bars))
                {
                    bar.StartTask();
                    var figures = await burst.RunAsync(() => bar.Increment(1), cancellationToken);
                    bar.Value = bar.MaxValue;
                    table.AddRow(burst.Name, figures.Summary, figures.Details);
                }
            });
        console.Write(table);
    }

    /// <summary>For a file or a pipe: a line for each burst when it is over.</summary>
    public static async Task ShowPlainAsync(IAnsiConsole console, IReadOnlyList<DemoBurst> bursts, CancellationToken cancellationToken)
    {
        foreach (var burst in bursts)
        {
            var figures = await burst.RunAsync(static () => { }, cancellationToken);

            // Not through the console of the terminal, which would break lines at its width.
            await console.Profile.Out.Writer.WriteLineAsync($"{burst.Name}: {figures.Summary}; {figures.Details}".AsMemory(), cancellationToken);
        }
    }
}
