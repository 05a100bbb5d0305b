using System.Diagnostics;
using System.Globalization;
using System.Text;
using System.Text.Json;
using Cairn.Functions.Tests.Serving;

namespace Cairn.Functions.Tests.Mcp;

/// <summary>A client with a server process of its own, spoken to over standard input and output.</summary>
internal sealed class StdioClient : IAsyncDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    private readonly Process _process;
    private readonly StringBuilder _errors = new();
    private int _id;

    private StdioClient(Process process)
    {
        _process = process;
        process.ErrorDataReceived += (_, line) => _errors.AppendLine(line.Data);
        process.BeginErrorReadLine();
    }

    public int ProcessId => _process.Id;

    /// <summary>Cairn on a folder.</summary>
    public static StdioClient Start(string folder, params (string Name, string Value)[] settings) => new(ServerProcess.Start(settings, "mcp", "--data", folder));

    /// <summary>The reference memory server on a file.</summary>
    public static StdioClient StartReference(string script, string file)
    {
        var start = new ProcessStartInfo("node", [script]) { RedirectStandardInput = true, RedirectStandardOutput = true, RedirectStandardError = true };
        start.Environment["MEMORY_FILE_PATH"] = file;
        return new(Process.Start(start)!);
    }

    public async Task<JsonElement> InitializeAsync()
    {
        var answer = await SendAsync("initialize", """{"protocolVersion":"2025-06-18","capabilities":{},"clientInfo":{"name":"test","version":"1"}}""");
        await WriteAsync("""{"jsonrpc":"2.0","method":"notifications/initialized"}""");
        return answer.GetProperty("result");
    }

    /// <summary>Sends a request, and waits for the message that answers it.</summary>
    public async Task<JsonElement> SendAsync(string method, string parameters = "{}")
    {
        var id = (++_id).ToString(CultureInfo.InvariantCulture);
        await WriteAsync($$"""{"jsonrpc":"2.0","id":{{id}},"method":"{{method}}","params":{{parameters}}}""");
        var answer = await ReadAsync();
        Assert.Equal(id, answer.GetProperty("id").ToString());
        return answer;
    }

    public async Task<JsonElement> CallAsync(string tool, string arguments)
    {
        var answer = await SendAsync("tools/call", $$"""{"name":"{{tool}}","arguments":{{arguments}}}""");
        Assert.True(answer.TryGetProperty("result", out var result), answer.GetRawText());
        return result;
    }

    public async Task WriteAsync(string line)
    {
        await _process.StandardInput.WriteAsync(line.ReplaceLineEndings("") + "\n");
        await _process.StandardInput.FlushAsync();
    }

    public async Task<JsonElement> ReadAsync()
    {
        var line = await _process.StandardOutput.ReadLineAsync(TestContext.Current.CancellationToken).AsTask().WaitAsync(Patience);
        return JsonDocument.Parse(line ?? throw new InvalidOperationException($"it ended: {_errors}")).RootElement;
    }

    /// <summary>As a client that goes: the process ends by itself.</summary>
    public async Task<int> CloseAsync()
    {
        _process.StandardInput.Close();
        await _process.WaitForExitAsync(TestContext.Current.CancellationToken).WaitAsync(Patience);
        return _process.ExitCode;
    }

    /// <summary>As kill -9.</summary>
    public async Task KillAsync()
    {
        _process.Kill();
        await _process.WaitForExitAsync();
    }

    public async ValueTask DisposeAsync()
    {
        if (!_process.HasExited)
        {
            await KillAsync();
        }

        _process.Dispose();
    }
}
