using Cairn.Functions.Hosting;

namespace Cairn.Functions.Triggers;

/// <summary>
/// What falls due with time, for every space: checkpoints that nobody wrote, expired concepts, what is no longer kept, deletions that were left half done, imports whose message was lost.
/// A process of its own does this in loops; behind the Functions host those may stand still, and a timer calls this. One at a time, by the host's timer.
/// </summary>
internal sealed class SpaceSweep(Service service)
{
    public const string Function = "sweep";

    // Well within the function's own limit; what it did not reach comes another time, since each begins at another space.
    private static readonly TimeSpan Budget = TimeSpan.FromMinutes(8);

    /// <returns>How many spaces there are.</returns>
    public async Task<int> RunAsync(CancellationToken cancellationToken)
    {
        using var limit = new CancellationTokenSource(Budget, service.Time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(limit.Token, service.Stopping, cancellationToken);
        if (service.Storage?.Azure is { } azure)
        {
            await azure.FinishDeletionsAsync(either.Token);
        }

        if (service.LookupsUpkeep is { } lookups)
        {
            await lookups.SweepAsync(either.Token);
        }

        try
        {
            var count = await service.Catalog.SweepAsync(Random.Shared.Next(), either.Token);
            if (service.Imports is { } imports)
            {
                await imports.SweepAsync(either.Token);
            }

            return count;
        }
        catch (OperationCanceledException) when (limit.IsCancellationRequested)
        {
            return (await service.Catalog.ListAsync(cancellationToken)).Count;
        }
    }
}
