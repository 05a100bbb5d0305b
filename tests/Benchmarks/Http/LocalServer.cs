using System.Diagnostics;

namespace Cairn.Benchmarks.Http;

/// <summary>The server as a process of its own on a free port of this machine, over a folder; it is killed at the end.</summary>
internal sealed class LocalServer : IDisposable
{
    private readonly Process _process;

    private LocalServer(Process process, Uri address) => (_process, Address) = (process, address);

    public Uri Address { get; }

    /// <summary>Starts it and waits until it listens.</summary>
    /// <param name="assembly">Path of its assembly; null: that of this checkout, built as this program is.</param>
    /// <param name="folder">Holds the data.</param>
    /// <exception cref="InvalidOperationException">It ended, or there is none.</exception>
    public static async Task<LocalServer> StartAsync(string? assembly, string folder)
    {
        var start = new ProcessStartInfo("dotnet", [assembly ?? FindBuilt(), "--urls", "http://127.0.0.1:0"]) { RedirectStandardOutput = true };
        start.Environment["CAIRN_DATA"] = folder;
        var process = Process.Start(start)!;
        var line = await process.StandardOutput.ReadLineAsync() ?? throw new InvalidOperationException("the server ended");
        _ = process.StandardOutput.ReadToEndAsync();
        return new(process, new(line.Split(' ').First(static word => word.StartsWith("http://", StringComparison.Ordinal)).TrimEnd(',')));
    }

    public void Dispose()
    {
        _process.Kill();
        _process.WaitForExit();
        _process.Dispose();
    }

    // …/tests/Benchmarks/bin/Release/net10.0/ beside …/functions/bin/Release/net10.0/.
    private static string FindBuilt()
    {
        var built = new DirectoryInfo(AppContext.BaseDirectory);
        var assembly = Path.Combine(built.FullName, "../../../../../functions/bin", built.Parent!.Name, built.Name, "Cairn.Functions.dll");
        return File.Exists(assembly) ? Path.GetFullPath(assembly) : throw new InvalidOperationException($"no server at {assembly}: name one by --server");
    }
}
