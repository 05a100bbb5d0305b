using System.Diagnostics;
using System.Text.Json.Nodes;
using Cairn.Infra.Tests.Azurite;

namespace Cairn.Functions.Tests.Mcp.Clients;

/// <summary>The clients that come by npm: that of the SDK, and the inspector's command line, which starts anew for each step.</summary>
internal static class NodeClients
{
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(2);

    private static readonly NpmPackage Sdk = new("@modelcontextprotocol/sdk", "1.32.2", "dist/esm/client/index.js");
    private static readonly NpmPackage Inspector = new("@modelcontextprotocol/inspector", "0.15.0", "cli/build/cli.js");

    /// <summary>The SDK's client takes the steps.</summary>
    /// <returns>What came of each.</returns>
    public static async Task<JsonArray> RunSdkAsync(ClientTarget target, IReadOnlyList<ClientStep> steps)
    {
        var sdk = await Sdk.FindOrSkipAsync();
        var script = Path.Combine(AppContext.BaseDirectory, "Mcp", "Clients", "client.mjs");
        var (exit, output, errors) = await RunAsync(script, sdk, target.ToJson().ToJsonString(), new JsonArray([.. steps.Select(step => step.ToJson())]).ToJsonString());
        return exit == 0 ? JsonNode.Parse(output)!.AsArray() : throw new InvalidOperationException(errors);
    }

    /// <summary>The inspector takes the steps.</summary>
    /// <returns>What came of each; null for the handshake, of which it says nothing.</returns>
    public static async Task<JsonArray> RunInspectorAsync(ClientTarget target, IReadOnlyList<ClientStep> steps)
    {
        var script = await Inspector.FindOrSkipAsync();
        string[] connection = target.Address is { } address ? [address.ToString(), "--transport", "http"] : target.Command;
        var results = new JsonArray();
        foreach (var step in steps)
        {
            results.Add(step.Method == "initialize" ? null : Result(await RunAsync([script, "--cli", .. connection, "--method", step.Method, .. Options(step)])));
        }

        return results;
    }

    private static IEnumerable<string> Options(ClientStep step) => step.Method switch
    {
        "tools/call" => ["--tool-name", step.Name, .. JsonNode.Parse(step.Arguments)!.AsObject().SelectMany(Argument)],
        "resources/read" => ["--uri", step.Name],
        _ => [],
    };

    private static string[] Argument(KeyValuePair<string, JsonNode?> member) =>
        ["--tool-arg", $"{member.Key}={(member.Value is JsonValue text ? text.ToString() : member.Value!.ToJsonString())}"];

    private static JsonNode Result((int Exit, string Output, string Errors) run) =>
        run.Exit == 0 ? JsonNode.Parse(run.Output)! : new JsonObject { ["error"] = run.Errors };

    private static async Task<(int Exit, string Output, string Errors)> RunAsync(params string[] arguments)
    {
        var cancellation = TestContext.Current.CancellationToken;
        using var node = Process.Start(new ProcessStartInfo("node", arguments) { RedirectStandardInput = true, RedirectStandardOutput = true, RedirectStandardError = true })!;
        try
        {
            var said = await Task.WhenAll(node.StandardOutput.ReadToEndAsync(cancellation), node.StandardError.ReadToEndAsync(cancellation)).WaitAsync(Patience, cancellation);
            await node.WaitForExitAsync(cancellation);
            return (node.ExitCode, said[0], said[1]);
        }
        finally
        {
            if (!node.HasExited)
            {
                node.Kill(entireProcessTree: true);
            }
        }
    }
}
