using System.Text.Json.Nodes;

namespace Cairn.Functions.Tests.Mcp.Clients;

/// <summary>Something that a client does.</summary>
/// <param name="Method">Of the protocol.</param>
/// <param name="Name">Of a tool, or the address of a resource.</param>
/// <param name="Arguments">Of a tool, an object in JSON.</param>
internal sealed record ClientStep(string Method, string Name = "", string Arguments = "{}")
{
    public JsonObject ToJson() => new() { ["method"] = Method, ["name"] = Name, ["arguments"] = JsonNode.Parse(Arguments) };
}
