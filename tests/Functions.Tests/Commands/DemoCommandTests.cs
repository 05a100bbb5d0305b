using System.Diagnostics;

namespace Cairn.Functions.Tests.Commands;

public sealed class DemoCommandTests
{
    private static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Demo_WhenRun_ShowsFourBurstsAndLeavesNothingBehind()
    {
        using var demo = Start();

        var folder = await ReadFolderAsync(demo);
        var lines = (await demo.StandardOutput.ReadToEndAsync(Cancelled)).Split(['\r', '\n'], StringSplitOptions.RemoveEmptyEntries);
        await demo.WaitForExitAsync(Cancelled);

        Assert.Equal(0, demo.ExitCode);
        Assert.False(Directory.Exists(folder));
        Assert.Collection(
            lines,
            line => Assert.Matches("^learning: 1,000 concepts in .* a second; on disk after p50 .*, p99 .*; snapshots published: \\d+$", line),
            line => Assert.Matches("^associating: 500 associations in .* a second", line),
            line => Assert.Matches("^reasoning: 5,000 path queries in .* a second; p50 .*, p99 .* associations a path$", line),
            line => Assert.Matches("^together: .* commits in .* beside 2 readers; reads p99 .* ms quiet, .* ms beside the writer", line));
        Assert.DoesNotContain("; 0.0 associations a path", lines[2], StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("-INT")]
    [InlineData("-TERM")]
    public async Task Demo_WhenInterrupted_EndsCleanly(string signal)
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "no way to send one process a signal");
        Assert.SkipWhen(signal == "-INT" && IgnoresInterrupt(), "this run was started in the background: its processes ignore SIGINT");
        using var demo = Start();
        var folder = await ReadFolderAsync(demo);
        Assert.True(Directory.Exists(folder));

        using var kill = Process.Start("kill", [signal, demo.Id.ToString()]);
        await demo.WaitForExitAsync(Cancelled);

        Assert.Equal(0, demo.ExitCode);
        Assert.False(Directory.Exists(folder));
        Assert.EndsWith("Stopped.", (await demo.StandardOutput.ReadToEndAsync(Cancelled)).TrimEnd(), StringComparison.Ordinal);
    }

    // A shell starts background jobs that way, and every process below inherits it.
    private static bool IgnoresInterrupt()
    {
        const string Status = "/proc/self/status", Ignored = "SigIgn:";
        return File.Exists(Status)
            && File.ReadLines(Status).FirstOrDefault(line => line.StartsWith(Ignored, StringComparison.Ordinal)) is { } line
            && (Convert.ToUInt64(line[Ignored.Length..].Trim(), 16) & 0b10) != 0;
    }

    private static Process Start()
    {
        var start = new ProcessStartInfo("dotnet") { RedirectStandardOutput = true };
        foreach (var argument in (string[])["exec", Path.Combine(AppContext.BaseDirectory, "Cairn.Functions.dll"), "demo"])
        {
            start.ArgumentList.Add(argument);
        }

        return Process.Start(start)!;
    }

    private static async Task<string> ReadFolderAsync(Process demo)
    {
        var first = await demo.StandardOutput.ReadLineAsync(Cancelled) ?? "";
        Assert.StartsWith("A fresh memory in ", first, StringComparison.Ordinal);
        return first["A fresh memory in ".Length..first.IndexOf(", removed", StringComparison.Ordinal)];
    }
}
