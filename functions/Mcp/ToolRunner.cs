using Cairn.Functions.Problems;
using Cairn.Functions.Routing;

namespace Cairn.Functions.Mcp;

/// <summary>
/// Calls a tool. What goes wrong is an answer, too: a model reads it, mends its call and tries again. So this catches everything, as the dispatcher does
/// for requests whose failures are statuses.
/// </summary>
internal static partial class ToolRunner
{
    /// <param name="call">The request that it comes with.</param>
    /// <param name="name">Of the tool.</param>
    /// <param name="arguments">An object in JSON.</param>
    /// <exception cref="OperationCanceledException">The client has gone.</exception>
    public static async ValueTask<ToolAnswer> RunAsync(Call call, string name, ReadOnlyMemory<byte> arguments)
    {
        if (ToolCatalog.Find(name) is not { } tool)
        {
            return ToolAnswer.Failed($"MCP error -32602: Tool {name} not found");
        }

        using var encoder = call.Service.Encoders.Rent();
        try
        {
            return await tool.Run(new(call, encoder, encoder.Tape.Parse(arguments)));
        }
        catch (OperationCanceledException) when (call.Aborted.IsCancellationRequested)
        {
            throw;
        }
        catch (Exception failure)
        {
            var problem = ProblemMap.Of(failure);
            if (ProblemMap.IsOurs(problem))
            {
                LogFailure(call.Service.Logger, tool.Name, problem.Kind, failure);
            }

            return ToolAnswer.Failed(Describe(tool, problem));
        }
    }

    // What is wrong with the arguments is told as the reference memory server tells it.
    private static string Describe(MemoryTool tool, Problem problem)
    {
        var place = problem.Pointer is { Length: > 0 } pointer ? $"{pointer}: " : "";
        var wait = problem.RetryAfterSeconds is { } seconds ? $" (try again in {seconds} s)" : "";
        return problem.Status == StatusCodes.Status400BadRequest && problem.Pointer is not null
            ? $"MCP error -32602: Input validation error: Invalid arguments for tool {tool.Name}: {place}{problem.Detail}"
            : $"{place}{problem.Detail}{wait}";
    }

    [LoggerMessage(40, LogLevel.Error, "the tool {Tool} failed: {Kind}")]
    private static partial void LogFailure(ILogger logger, string tool, string kind, Exception failure);
}
