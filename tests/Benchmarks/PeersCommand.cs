using System.Diagnostics;
using System.Runtime.CompilerServices;

namespace Cairn.Benchmarks;

/// <summary>Runs the side-by-side harness: peers/README.md.</summary>
internal static class PeersCommand
{
    public static int Run(Options options)
    {
        if (options.Rest.FirstOrDefault() is not { } harness)
        {
            Console.Error.WriteLine("peers needs the harness's folder");
            return 1;
        }

        using var script = Process.Start(new ProcessStartInfo("bash", [Script(), harness]) { UseShellExecute = false })!;
        script.WaitForExit();
        return script.ExitCode;
    }

    private static string Script([CallerFilePath] string source = "") => Path.Combine(Path.GetDirectoryName(source)!, "peers", "run.sh");
}
