using System.Text.Json;
using Cairn.Functions.Hosting;
using Cairn.Primitives;

namespace Cairn.Functions.Triggers;

/// <summary>
/// Writes the checkpoints that processes asked for through <c>cairn-reconcile</c>: <c>{"space"}</c>. Requests coalesce by themselves, since whoever finds
/// that the space needs none by now has nothing to do. Any thread.
/// </summary>
internal sealed partial class ReconcileQueue(Service service)
{
    public const string Function = "reconcile";

    /// <summary>The message that asks for a space.</summary>
    public static string Write(SpaceName space) => $$"""{"space":"{{space}}"}""";

    /// <summary>Takes one delivery; never throws.</summary>
    public Task<Verdict> TakeAsync(Delivery delivery) => TriggerInstruments.CountAsync(delivery, TryAsync(delivery));

    private async Task<Verdict> TryAsync(Delivery delivery)
    {
        try
        {
            return await CheckpointAsync(Read(delivery.Text));
        }
        catch (Exception failure)
        {
            // Nothing is lost with a request: the space is asked about again by its next write, and by the sweep.
            LogFailed(service.Logger, delivery.Id, failure);
            return failure is CairnException { Kind: ErrorKind.Unavailable or ErrorKind.Throttled } && delivery.Count < Delivery.MaxCount ? Verdict.Later : Verdict.Applied;
        }
    }

    private async Task<Verdict> CheckpointAsync(SpaceName name)
    {
        if (await service.Catalog.HoldAsync(name, CancellationToken.None) is not { } space)
        {
            return Verdict.Duplicate;
        }

        try
        {
            await PreparedCommit.CatchUpAsync(space, CancellationToken.None);
            if (!space.NeedsCheckpoint)
            {
                return Verdict.Duplicate;
            }

            await space.CheckpointIfNeededAsync(CancellationToken.None);
            return Verdict.Applied;
        }
        catch (CairnException failure) when (failure.Kind == ErrorKind.Fenced)
        {
            return Verdict.Duplicate; // Another process writes it.
        }
        finally
        {
            space.Release();
        }
    }

    private static SpaceName Read(string text)
    {
        using var message = JsonDocument.Parse(MessageText.Decode(text));
        return SpaceName.Parse(message.RootElement.GetProperty("space").GetString() ?? "");
    }

    [LoggerMessage(46, LogLevel.Warning, "reconcile: request {Id} failed")]
    private static partial void LogFailed(ILogger logger, string id, Exception failure);
}
