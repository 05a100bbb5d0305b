using System.Diagnostics;

namespace Cairn.Infra.Tests.Azurite;

/// <summary>Azurite, the storage emulator, in a folder of this user: installed by npm when a test first needs it, once for all checkouts.</summary>
internal static class AzuriteInstall
{
    private const string Version = "3.35.0"; // the last one for node 20

    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(5);
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(250);

    private static string Cache => Path.Combine(
        Environment.GetFolderPath(Environment.SpecialFolder.LocalApplicationData) is { Length: > 0 } data ? data : Path.GetTempPath(),
        "cairn-tests");

    /// <summary>The script to start with node. Test processes that want it at once wait for the one that installs it.</summary>
    public static async Task<string> FindOrInstallAsync(CancellationToken cancellationToken)
    {
        var folder = Path.Combine(Cache, $"azurite-{Version}");
        var script = Path.Combine(folder, "node_modules", "azurite", "dist", "src", "azurite.js");
        if (File.Exists(script))
        {
            return script;
        }

        Directory.CreateDirectory(Cache);
        await using var turn = await TakeTurnAsync(folder + ".lock", cancellationToken);
        if (!File.Exists(script))
        {
            // Beside its place, then renamed: a test that is killed meanwhile leaves no half of it.
            var unfinished = folder + ".unfinished";
            if (Directory.Exists(unfinished))
                Directory.Delete(unfinished, recursive: true);
            Directory.CreateDirectory(unfinished);
            await InstallAsync(unfinished, cancellationToken);
            Directory.Move(unfinished, folder);
        }

        return script;
    }

    private static async Task<FileStream> TakeTurnAsync(string path, CancellationToken cancellationToken)
    {
        for (var started = Stopwatch.GetTimestamp(); ;)
        {
            try
            {
                return new(path, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None);
            }
            catch (IOException) when (Stopwatch.GetElapsedTime(started) < Patience)
            {
                await Task.Delay(Pause, cancellationToken);
            }
        }
    }

    private static async Task InstallAsync(string folder, CancellationToken cancellationToken)
    {
        string[] arguments =
            ["install", $"azurite@{Version}", "--prefix", folder, "--no-audit", "--no-fund", "--no-package-lock", "--ignore-scripts", "--loglevel=error"];
        var start = new ProcessStartInfo(OperatingSystem.IsWindows() ? "npm.cmd" : "npm", arguments)
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        using var npm = Process.Start(start)!;
        var said = await Task.WhenAll(npm.StandardOutput.ReadToEndAsync(cancellationToken), npm.StandardError.ReadToEndAsync(cancellationToken))
            .WaitAsync(Patience, cancellationToken);
        await npm.WaitForExitAsync(cancellationToken);
        if (npm.ExitCode != 0)
        {
            throw new InvalidOperationException($"npm could not install azurite {Version}: {string.Concat(said)}");
        }
    }
}
