using Cairn.Functions.Hosting;
using Cairn.Functions.Quotas;
using Cairn.Functions.Streams;
using Cairn.Primitives;
using Cairn.Reconciliation;

namespace Cairn.Functions.Triggers;

/// <summary>
/// Applies a batch of events of one partition: by space, and within a space in the order of the partition, with many appends under way at once. An event's
/// place in its partition, and when the hub took it, make the id of a commit that gives none. Any thread.
/// </summary>
internal sealed class EventIngest(Service service, ServerQueues queues, IngestQueue messages)
{
    public const string Function = "ingest-events";

    // Of the hub and of those who append.
    private static readonly TimeSpan ClockTolerance = TimeSpan.FromMinutes(5);

    /// <summary>Takes a batch; never throws. The whole of it must come again if one verdict is <see cref="Verdict.Later"/>: what was applied is then a duplicate.</summary>
    public async Task<Verdict[]> TakeAsync(IReadOnlyList<Delivery> events)
    {
        var verdicts = new Verdict[events.Count];
        var lanes = new List<Lane>();
        try
        {
            for (var i = 0; i < events.Count && await TryTakeAsync(events[i], i, lanes, verdicts); i++)
            {
                // What follows one that must come again may be of its space, and must not be applied before it: all of it comes again.
            }

            foreach (var lane in lanes)
            {
                await lane.Pipeline.DrainAsync();
            }

            return await SettleAsync(events, lanes, verdicts);
        }
        finally
        {
            foreach (var lane in lanes)
            {
                service.Checkpoints?.Note(lane.Space);
                lane.Space.Release();
            }
        }
    }

    // False: it must come again.
    private async Task<bool> TryTakeAsync(Delivery delivery, int index, List<Lane> lanes, Verdict[] verdicts)
    {
        try
        {
            var prepared = await PreparedCommit.ReadAsync(service, queues.Claims, delivery, CancellationToken.None);
            var lane = await LaneOfAsync(prepared.Space, lanes);
            if (prepared.Commit is not { } commit || IsApplied(prepared.Space, delivery))
            {
                verdicts[index] = Verdict.Duplicate;
                return true;
            }

            if (delivery.Origin is null && prepared.Space.TryRepeat(commit) is null)
            {
                await IngestQueue.RequireYoungAsync(service.Time, prepared);
            }

            await lane.Pipeline.AddAsync(index, commit);
            lane.Claims.Add(index, prepared.Claim);
            return true;
        }
        catch (Exception failure)
        {
            verdicts[index] = await messages.RefuseAsync(delivery, failure);
            return verdicts[index] != Verdict.Later;
        }
    }

    // The numbers of a hub that was made anew begin anew: its events would all be taken for old ones.
    private static bool IsApplied(Space space, Delivery delivery)
    {
        if (!PreparedCommit.IsApplied(space, delivery))
        {
            return false;
        }

        var origin = delivery.Origin!.Value;
        var (last, time) = space.FindOrigin(origin.Hub, origin.Partition)!.Value;
        return delivery.SentAt <= time.ToDateTimeOffset() + ClockTolerance ? true : throw new CairnException(
            ErrorKind.Unavailable,
            $"event {origin.SequenceNumber} of partition {origin.Partition} came to the hub after event {last.SequenceNumber} was applied: the hub was made anew, so {HubSettings.LifeSetting} must change");
    }

    // The first event of a space keeps the hold on it until the batch has ended.
    private async ValueTask<Lane> LaneOfAsync(Space space, List<Lane> lanes)
    {
        if (lanes.Find(lane => lane.Space == space) is { } there)
        {
            space.Release();
            return there;
        }

        var first = new Lane(space, await service.Quotas.FindAsync(space.Record.Name, CancellationToken.None), service.Time);
        lanes.Add(first);
        return first;
    }

    private async Task<Verdict[]> SettleAsync(IReadOnlyList<Delivery> events, List<Lane> lanes, Verdict[] verdicts)
    {
        foreach (var lane in lanes)
        {
            foreach (var item in lane.Settled)
            {
                var index = (int)item.Number;
                verdicts[index] = await SettleAsync(events[index], item, lane.Claims[index]);
            }
        }

        for (var i = 0; i < verdicts.Length; i++)
        {
            TriggerInstruments.Count(events[i].Source, verdicts[i]);
        }

        return verdicts;
    }

    private async Task<Verdict> SettleAsync(Delivery delivery, Settled item, string? claim)
    {
        try
        {
            var outcome = item.Outcome ?? throw item.Failure!;
            IngestQueue.RequireKnownById(outcome);
            await messages.LetClaimGoAsync(claim);
            return outcome.IsDuplicate ? Verdict.Duplicate : Verdict.Applied;
        }
        catch (Exception failure) when (failure is CairnException or Undeliverable)
        {
            return await messages.RefuseAsync(delivery, failure);
        }
    }

    /// <summary>One space's part of a batch.</summary>
    private sealed class Lane
    {
        public Lane(Space space, SpaceQuota? quota, TimeProvider time) =>
            (Space, Pipeline) = (space, new(space, quota, awaitsOutcome: true, Settled.Add, time, CancellationToken.None) { Chain = new() });

        public Space Space { get; }

        public CommitPipeline Pipeline { get; }

        public List<Settled> Settled { get; } = [];

        public Dictionary<int, string?> Claims { get; } = [];
    }
}
