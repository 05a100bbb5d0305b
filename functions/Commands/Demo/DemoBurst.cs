namespace Cairn.Functions.Commands.Demo;

/// <summary>One burst.</summary>
/// <param name="Name">What the memory does.</param>
/// <param name="Steps">How many it does it.</param>
/// <param name="RunAsync">Does it; reports each step that is done.</param>
internal sealed record DemoBurst(string Name, int Steps, Func<Action, CancellationToken, Task<DemoFigures>> RunAsync);

/// <summary>What a burst took.</summary>
/// <param name="Summary">How much in what time.</param>
/// <param name="Details">Percentiles and counts.</param>
internal sealed record DemoFigures(string Summary, string Details);
