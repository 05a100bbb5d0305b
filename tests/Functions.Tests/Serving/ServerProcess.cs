using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using System.Text.Json;
using Cairn.Functions.Hosting;

namespace Cairn.Functions.Tests.Serving;

/// <summary>The executable as a process of its own, that can be killed.</summary>
internal sealed class ServerProcess : IAsyncDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);
    private readonly Process _process;

    private ServerProcess(Process process, string line)
    {
        (_process, Line) = (process, line);
        Client = new() { BaseAddress = new(line.Split(' ')[4].TrimEnd(',')) };
    }

    /// <summary>What it said when it listened.</summary>
    public string Line { get; }

    public HttpClient Client { get; }

    /// <summary>What starts the executable.</summary>
    public static string Host => Environment.ProcessPath is { } host && Path.GetFileNameWithoutExtension(host) == "dotnet" ? host : "dotnet";

    /// <summary>A port of the loopback address that is free at this moment.</summary>
    public static int FreePort()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }

    /// <summary>Starts it on a free port and waits until it listens.</summary>
    public static async Task<ServerProcess> StartAsync(params (string Name, string Value)[] settings)
    {
        var process = Start(settings, "--urls", "http://127.0.0.1:0");
        process.ErrorDataReceived += static (_, _) => { };
        process.BeginErrorReadLine();
        var line = await process.StandardOutput.ReadLineAsync(TestContext.Current.CancellationToken).AsTask().WaitAsync(Patience);
        var server = new ServerProcess(process, line ?? throw new InvalidOperationException("it ended"));
        _ = process.StandardOutput.ReadToEndAsync(TestContext.Current.CancellationToken);
        return server;
    }

    /// <summary>Starts the executable with only those settings of ours.</summary>
    public static Process Start((string Name, string Value)[] settings, params string[] arguments)
    {
        var start = new ProcessStartInfo(Host)
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        start.ArgumentList.Add(typeof(CairnServer).Assembly.Location);
        foreach (var argument in arguments)
        {
            start.ArgumentList.Add(argument);
        }

        string[] ours = ["CAIRN_", "OTEL_", "AzureWebJobsStorage", "ASPNETCORE_URLS", "FUNCTIONS_CUSTOMHANDLER_PORT"];
        foreach (var name in start.Environment.Keys.Where(name => ours.Any(each => name.StartsWith(each, StringComparison.OrdinalIgnoreCase))).ToList())
        {
            start.Environment.Remove(name);
        }

        foreach (var (name, value) in settings)
        {
            start.Environment[name] = value;
        }

        return Process.Start(start)!;
    }

    /// <summary>The changes of a space from its beginning, in order.</summary>
    public async Task<List<JsonElement>> ReadChangesAsync(string space)
    {
        var changes = new List<JsonElement>();
        for (var (since, count) = ("0", 1); count > 0;)
        {
            using var response = await Client.GetAsync($"/v1/spaces/{space}/changes?since={since}&limit=1000", TestContext.Current.CancellationToken);
            var text = await response.Content.ReadAsStringAsync(TestContext.Current.CancellationToken);
            Assert.True(response.IsSuccessStatusCode, text);
            var page = JsonDocument.Parse(text).RootElement;
            (since, count) = (page.GetProperty("next").GetString()!, page.GetProperty("items").GetArrayLength());
            changes.AddRange(page.GetProperty("items").EnumerateArray());
        }

        return changes;
    }

    /// <summary>The ids of the concepts that commits put into a space, each as often as it was.</summary>
    public async Task<List<string>> ReadChangedAsync(string space) =>
        [.. (await ReadChangesAsync(space)).SelectMany(static change => change.GetProperty("operations").EnumerateArray())
            .Select(static operation => operation.GetProperty("concept").GetProperty("id").GetString()!)];

    /// <summary>Whether the lookups index is as far as this process is with a space.</summary>
    public async Task<bool> IsProjectedAsync(string space)
    {
        var stats = JsonDocument.Parse(await Client.GetStringAsync($"/v1/spaces/{space}/stats", TestContext.Current.CancellationToken)).RootElement;
        return stats.TryGetProperty("lookups", out var lookups) && lookups.GetProperty("position").GetInt64() == stats.GetProperty("snapshot").GetProperty("position").GetInt64();
    }

    /// <summary>As kill -9.</summary>
    public async Task KillAsync()
    {
        _process.Kill();
        await _process.WaitForExitAsync();
    }

    public async ValueTask DisposeAsync()
    {
        Client.Dispose();
        if (!_process.HasExited)
        {
            await KillAsync();
        }

        _process.Dispose();
    }
}
