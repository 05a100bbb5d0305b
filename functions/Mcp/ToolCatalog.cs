using System.Collections.Frozen;
using System.Text.Json;
using Cairn.Functions.Mcp.Tools;
using ModelContextProtocol.Protocol;

namespace Cairn.Functions.Mcp;

/// <summary>Every tool, and how the list of them is told to clients.</summary>
internal static class ToolCatalog
{
    /// <summary>Those of the reference memory server first, in its order.</summary>
    public static readonly IReadOnlyList<MemoryTool> All =
    [
        EntityTools.All[0], RelationTools.All[0], ObservationTools.All[0],
        EntityTools.All[1], ObservationTools.All[1], RelationTools.All[1],
        .. GraphTools.All,
        .. RecallTools.All, .. PathTool.All, .. ForgettingTools.All, .. StatsTool.All,
    ];

    private static readonly FrozenDictionary<string, MemoryTool> ByName = All.ToFrozenDictionary(tool => tool.Name, StringComparer.Ordinal);

    /// <summary>The answer to a client that asks for the list.</summary>
    public static ListToolsResult Listed { get; } = new() { Tools = [.. All.Select(Describe)] };

    /// <summary>The tool of that name; null: there is none.</summary>
    public static MemoryTool? Find(string name) => ByName.GetValueOrDefault(name);

    private static Tool Describe(MemoryTool tool) => new()
    {
        Name = tool.Name,
        Title = tool.Title,
        Description = tool.Description,
        InputSchema = Schema(tool.Input),
        OutputSchema = Schema(tool.Output),
        Annotations = new()
        {
            ReadOnlyHint = tool.IsReadOnly,
            DestructiveHint = tool.IsDestructive,
            IdempotentHint = tool.IsIdempotent,
            OpenWorldHint = false,
        },
    };

    private static JsonElement Schema(string text) => JsonDocument.Parse(text).RootElement;
}
