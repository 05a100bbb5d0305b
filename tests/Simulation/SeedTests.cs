using Cairn.Simulation.Commands;
using Cairn.Simulation.Running;

namespace Cairn.Simulation;

/// <summary>Runs of many seeds in child processes. The message of a failed one begins with the command that replays it.</summary>
public sealed class SeedTests
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public Task Run_WhenOneProcessHasTheSpace_KeepsEveryPromise() => RequireAsync(new(0, 1_000, RunMode.Sole));

    [Fact]
    public Task Run_WhenSeveralProcessesShareTheSpace_KeepsEveryPromise() => RequireAsync(new(0, 1_000, RunMode.Shared));

    [Fact]
    public Task Run_WhenTheProcessDiesAtEachStorageCallInTurn_KeepsEveryPromise() => RequireAsync(new(0, 14, RunMode.Sole) { Sweeps = true });

    [Fact]
    public Task Run_WhenOneOfSeveralDiesAtEachStorageCallInTurn_KeepsEveryPromise() => RequireAsync(new(0, 6, RunMode.Shared) { Sweeps = true });

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Run_WhenRepeated_DoesTheSameInTheSameOrder(bool shared)
    {
        var request = new WorkRequest(70_000, 30, shared ? RunMode.Shared : RunMode.Sole) { Hashes = true };

        var first = await RequireAsync(request);
        var second = await RequireAsync(request);

        Assert.Equal(request.Seeds, first.Hashes.Distinct().Count());
        Assert.Equal(first.Hashes.Order(), second.Hashes.Order());
    }

    private static async Task<WorkResult> RequireAsync(WorkRequest request)
    {
        var result = await new SeedWork(request).RunAsync(Token);
        Assert.True(result.Failures.Count == 0, $"{result.Failures.Count} of {request.Seeds} failed; the first:\n{(result.Failures is [var first, ..] ? first : "")}");
        Assert.Equal(request.Seeds, result.Seeds);
        return result;
    }
}
