using System.Diagnostics;

namespace Cairn.Infra.Tests.Azurite;

/// <summary>A package of npm in a folder of this user: installed when a test first needs it, once for all checkouts.</summary>
/// <param name="Name">As npm knows it.</param>
/// <param name="Version">Exactly.</param>
/// <param name="Script">What is started with node, from the package's folder.</param>
internal sealed record NpmPackage(string Name, string Version, string Script)
{
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(5);
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(250);

    private static string Cache => Path.Combine(
        Environment.GetFolderPath(Environment.SpecialFolder.LocalApplicationData) is { Length: > 0 } data ? data : Path.GetTempPath(),
        "cairn-tests");

    /// <summary>The script to start with node. Test processes that want it at once wait for the one that installs it.</summary>
    public async Task<string> FindOrInstallAsync(CancellationToken cancellationToken)
    {
        var folder = Path.Combine(Cache, $"{Name.Split('/')[^1]}-{Version}");
        var script = Path.Combine([folder, "node_modules", .. Name.Split('/'), .. Script.Split('/')]);
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

    private async Task InstallAsync(string folder, CancellationToken cancellationToken)
    {
        string[] arguments =
            ["install", $"{Name}@{Version}", "--prefix", folder, "--no-audit", "--no-fund", "--no-package-lock", "--ignore-scripts", "--loglevel=error"];
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
            throw new InvalidOperationException($"npm could not install {Name} {Version}: {string.Concat(said)}");
        }
    }
}
