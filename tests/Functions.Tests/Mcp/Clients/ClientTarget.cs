using System.Text.Json.Nodes;
using Cairn.Functions.Hosting;
using Cairn.Functions.Tests.Serving;

namespace Cairn.Functions.Tests.Mcp.Clients;

/// <summary>What a client connects to: a server that runs, or a process that it starts.</summary>
internal sealed record ClientTarget(Uri? Address, string Folder)
{
    /// <summary>What starts a process, and its arguments.</summary>
    public string[] Command => [ServerProcess.Host, typeof(CairnServer).Assembly.Location, "mcp", "--data", Folder];

    public JsonObject ToJson() => Address is { } address ? new() { ["url"] = address.ToString() } : new() { ["command"] = new JsonArray([.. Command.Select(word => (JsonNode)word)]) };
}
