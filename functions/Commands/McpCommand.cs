using System.CommandLine;
using Cairn.Functions.Hosting;
using Cairn.Functions.Mcp.Stdio;
using Cairn.Functions.Telemetry;
using Cairn.Primitives;

namespace Cairn.Functions.Commands;

/// <summary>
/// The command <c>mcp</c>: serves a memory to one MCP client over standard input and output, until the client closes its end. Clients start a process each, and all may
/// name the same folder: one of them holds it, and the others talk to that one.
/// </summary>
internal static class McpCommand
{
    private const string DefaultSpace = "memory";

    // Nobody but this machine's other clients is to reach it, on whatever port is free.
    private const string AnyPort = "http://127.0.0.1:0";

    public static RootCommand AddTo(RootCommand root)
    {
        var space = new Option<string>("--space") { Description = "The space that is the memory", DefaultValueFactory = _ => DefaultSpace };
        var data = new Option<string?>("--data") { Description = "Folder of the data. Default: the storage account of AzureWebJobsStorage if that is set, CAIRN_DATA, ./.cairn" };
        var command = new Command("mcp", "Serve a memory to an MCP client over standard input and output.") { space, data };
        command.SetAction((arguments, cancellationToken) => RunAsync(arguments.GetValue(space)!, arguments.GetValue(data), cancellationToken));
        root.Subcommands.Add(command);
        return root;
    }

    private static async Task<int> RunAsync(string space, string? data, CancellationToken cancellationToken)
    {
        try
        {
            // Standard output is the protocol's.
            var options = Settings.Read(AnyPort, data, Environment.GetEnvironmentVariable) with { LogsToStandardError = true };
            using var telemetry = TelemetryExport.Start(Environment.GetEnvironmentVariable);
            await using var holder = new MemoryHolder(options);
            await ServeAsync(holder, Parse(space), options, cancellationToken);
            return 0;
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            return 0;
        }
        catch (Exception e) when (e is StartFailure or CairnException)
        {
            await Console.Error.WriteLineAsync($"cairn: {e.Message}");
            return 1;
        }
    }

    private static async Task ServeAsync(MemoryHolder holder, SpaceName space, ServerOptions options, CancellationToken cancellationToken)
    {
        // What is wrong with the settings is told at once.
        await holder.FindAsync(cancellationToken);
        using var bridge = new StdioBridge(holder, space, options.ApiKey, options.Time);

        // A read of standard input cannot be called back: it is left to the end of the process.
        await Task.Run(() => bridge.RunAsync(Console.OpenStandardInput(), Console.OpenStandardOutput(), cancellationToken), cancellationToken).WaitAsync(cancellationToken);
    }

    private static SpaceName Parse(string space) => SpaceName.TryParse(space, out var name) ? name : throw new StartFailure(
        $"--space is '{space}'; a space is {SpaceName.MinLength} to {SpaceName.MaxLength} lowercase letters, digits and '-'");
}
