namespace Cairn.Functions.Mcp;

/// <summary>A tool of the server: how it is told to clients, and what it does. Immutable.</summary>
/// <param name="Name">As clients call it.</param>
/// <param name="Title">For people.</param>
/// <param name="Description">For a model: when to use it, what comes back, what it costs.</param>
/// <param name="Run">Reads the arguments, does it, answers. What it throws becomes an answer that says so.</param>
internal sealed record MemoryTool(string Name, string Title, string Description, Func<ToolCall, ValueTask<ToolAnswer>> Run)
{
    /// <summary>JSON schema of the arguments.</summary>
    public required string Input { get; init; }

    /// <summary>JSON schema of the structured answer.</summary>
    public required string Output { get; init; }

    /// <summary>It changes nothing.</summary>
    public bool IsReadOnly { get; init; }

    /// <summary>It may take something away.</summary>
    public bool IsDestructive { get; init; }

    /// <summary>Called again with the same arguments, it changes nothing more.</summary>
    public bool IsIdempotent { get; init; }
}
