using System.Diagnostics;

namespace Cairn.Infra.Tests.Embedded;

/// <summary>Runs a sample as its readers do.</summary>
internal static class SampleProcess
{
    /// <summary>Answers what it wrote, line by line.</summary>
    /// <param name="assembly">The sample's, which lies beside the tests.</param>
    /// <param name="folder">The working directory.</param>
    /// <param name="args">Of the sample.</param>
    public static async Task<string[]> RunAsync(string assembly, string folder, params string[] args)
    {
        var start = new ProcessStartInfo("dotnet") { RedirectStandardOutput = true, WorkingDirectory = folder };
        foreach (var argument in (string[])["exec", Path.Combine(AppContext.BaseDirectory, assembly), .. args])
        {
            start.ArgumentList.Add(argument);
        }

        using var process = Process.Start(start)!;
        var output = await process.StandardOutput.ReadToEndAsync(TestContext.Current.CancellationToken);
        await process.WaitForExitAsync(TestContext.Current.CancellationToken);
        Assert.Equal(0, process.ExitCode);
        return output.Split(['\r', '\n'], StringSplitOptions.RemoveEmptyEntries);
    }
}
