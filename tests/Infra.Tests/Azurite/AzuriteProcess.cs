using System.Diagnostics;
using System.Globalization;
using System.Text;
using System.Text.RegularExpressions;

namespace Cairn.Infra.Tests.Azurite;

/// <summary>A running Azurite that keeps all in memory, on a free port of the loopback address. It ends with this process, however that ends.</summary>
internal sealed partial class AzuriteProcess : IAsyncDisposable
{
    /// <summary>Its services.</summary>
    public const string Blob = "blob", Queue = "queue", Table = "table";

    private const string Account = "devstoreaccount1";

    // Every Azurite has this key; it is no secret.
    private const string Key = "Eby8vdM02xNOcqFlqUwJPLlmEtlCDXJ1OUzFT50uSRZ6IFsuFq2UVErCz4I6tq/K1SZFPTOtr/KBHBeksoGMGw==";

    // Its standard input closes when this process is gone.
    private const string EndWithParent = "data:text/javascript,process.stdin.on('end',()=>process.kill(process.pid,'SIGTERM')).resume().unref()";

    private static readonly TimeSpan StartPatience = TimeSpan.FromSeconds(60);
    private static readonly TimeSpan EndPatience = TimeSpan.FromSeconds(5);

    private readonly Process _process;
    private readonly TaskCompletionSource<string> _listening = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly StringBuilder _said = new();
    private readonly string _service;

    private AzuriteProcess(Process process, string service)
    {
        (_process, _service) = (process, Capital(service));
        process.OutputDataReceived += (_, line) => Hear(line.Data);
        process.ErrorDataReceived += (_, line) => Hear(line.Data);
        process.EnableRaisingEvents = true;
        process.Exited += (_, _) => _listening.TrySetException(new InvalidOperationException("azurite ended: " + Said));
        process.BeginOutputReadLine();
        process.BeginErrorReadLine();
    }

    public string ConnectionString { get; private set; } = "";

    /// <summary>The connection string of an Azurite that listens, or will listen, at an address.</summary>
    public static string ConnectionStringOf(string address, string service = Blob) =>
        $"DefaultEndpointsProtocol=http;AccountName={Account};AccountKey={Key};{Capital(service)}Endpoint={address}/{Account};";

    private string Said
    {
        get
        {
            lock (_said)
            {
                return _said.ToString();
            }
        }
    }

    /// <param name="script">Of the package.</param>
    /// <param name="cancellationToken">Ends the waiting for it.</param>
    /// <param name="port">0: a free one.</param>
    /// <param name="service">Which of its services; each is a process of its own.</param>
    public static async Task<AzuriteProcess> StartAsync(string script, CancellationToken cancellationToken, int port = 0, string service = Blob)
    {
        // Blobs and queues have a script of their own that says on which port it listens. Of the table service only the script of all three does.
        var serviceScript = service == Table ? script : Path.Combine(Path.GetDirectoryName(script)!, service, "main.js");
        string[] others = service == Table ? [$"--{Blob}Port", "0", $"--{Queue}Port", "0"] : [];
        string[] memory = service == Queue ? [] : ["--extentMemoryLimit", "1024"];
        string[] arguments =
        [
            "--import", EndWithParent, serviceScript, "--silent", "--disableTelemetry", "--skipApiVersionCheck",
            "--inMemoryPersistence", .. memory, $"--{service}Port", port.ToString(CultureInfo.InvariantCulture), .. others,
        ];
        var start = new ProcessStartInfo("node", arguments) { RedirectStandardOutput = true, RedirectStandardError = true, RedirectStandardInput = true };
        var azurite = new AzuriteProcess(Process.Start(start)!, service);
        try
        {
            var address = await azurite._listening.Task.WaitAsync(StartPatience, cancellationToken);
            azurite.ConnectionString = ConnectionStringOf(address, service);
            return azurite;
        }
        catch
        {
            await azurite.DisposeAsync();
            throw;
        }
    }

    public async ValueTask DisposeAsync()
    {
        _process.StandardInput.Close();
        try
        {
            await _process.WaitForExitAsync().WaitAsync(EndPatience);
        }
        catch (TimeoutException)
        {
            _process.Kill(entireProcessTree: true);
        }

        _process.Dispose();
    }

    private void Hear(string? line)
    {
        if (line is null)
        {
            return;
        }

        lock (_said)
        {
            _said.AppendLine(line);
        }

        if (Listening().Match(line) is { Success: true } match && match.Groups[1].Value == _service)
        {
            _listening.TrySetResult(match.Groups[2].Value);
        }
    }

    private static string Capital(string service) => char.ToUpperInvariant(service[0]) + service[1..];

    [GeneratedRegex(@"^Azurite (\w+) service (?:successfully listens on|is successfully listening at) (\S+)")]
    private static partial Regex Listening();
}
