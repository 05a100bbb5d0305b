using System.CommandLine;
using System.Runtime.InteropServices;
using Cairn.Embedded;
using Cairn.Functions.Commands.Demo;
using Cairn.Primitives;
using Spectre.Console;

namespace Cairn.Functions.Commands;

/// <summary><c>demo</c>: four bursts on a fresh memory in a temporary folder, with what they took.</summary>
internal static class DemoCommand
{
    public static RootCommand AddTo(RootCommand root)
    {
        var demo = new Command("demo", "Show what a memory does under bursts: in this process, in a temporary folder, every commit on disk.");
        demo.SetAction((_, cancellationToken) => RunAsync(AnsiConsole.Console, cancellationToken));
        root.Subcommands.Add(demo);
        return root;
    }

    private static async Task<int> RunAsync(IAnsiConsole console, CancellationToken cancellationToken)
    {
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        using var interrupt = PosixSignalRegistration.Create(PosixSignal.SIGINT, StopOn);
        using var terminate = PosixSignalRegistration.Create(PosixSignal.SIGTERM, StopOn);
        var folder = Directory.CreateTempSubdirectory("cairn-demo-").FullName;
        try
        {
            console.WriteLine($"A fresh memory in {folder}, removed at the end.");
            await ShowAsync(console, folder, stop.Token);
            return 0;
        }
        catch (OperationCanceledException) when (stop.IsCancellationRequested)
        {
            console.WriteLine("Stopped.");
            return 0;
        }
        catch (CairnException failure)
        {
            await Console.Error.WriteLineAsync($"cairn: {failure.Message}");
            return 1;
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }

        void StopOn(PosixSignalContext signal)
        {
            signal.Cancel = true;
            stop.Cancel();
        }
    }

    private static async Task ShowAsync(IAnsiConsole console, string folder, CancellationToken cancellationToken)
    {
        await using var memory = EmbeddedMemory.Open(folder, EmbeddedOptions.Default);
        await new DemoBursts(await memory.OpenSpaceAsync("warm-up", cancellationToken)).WarmUpAsync(cancellationToken);
        await memory.DeleteSpaceAsync("warm-up", cancellationToken);
        var bursts = new DemoBursts(await memory.OpenSpaceAsync("demo", cancellationToken));
        if (console.Profile.Capabilities.Interactive && console.Profile.Out.IsTerminal)
        {
            await DemoScreen.ShowLiveAsync(console, bursts.All, cancellationToken);
        }
        else
        {
            await DemoScreen.ShowPlainAsync(console, bursts.All, cancellationToken);
        }
    }
}
