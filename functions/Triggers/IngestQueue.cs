using Cairn.Formats;
using Cairn.Functions.Hosting;
using Cairn.Functions.Hub;
using Cairn.Functions.Json;
using Cairn.Functions.Problems;
using Cairn.Functions.Quotas;
using Cairn.Functions.Requests;
using Cairn.Model;
using Cairn.Primitives;
using Cairn.Reconciliation;
using Cairn.Storage;

namespace Cairn.Functions.Triggers;

/// <summary>
/// Applies the commits of <c>cairn-ingest</c>, one message each, or hands them to the hub where there is one. A commit that gives no id has that of its message, and its time is when the message was
/// sent, so that replay knows each further delivery for what it is, in whatever process. Any thread.
/// </summary>
internal sealed partial class IngestQueue(Service service, ServerQueues queues)
{
    public const string Function = "ingest-queue";

    private readonly PoisonQueue _poison = new(queues.Poison, queues.Claims, service.Logger);

    /// <summary>Takes one delivery; never throws.</summary>
    public Task<Verdict> TakeAsync(Delivery delivery) => TriggerInstruments.CountAsync(delivery, TryAsync(delivery));

    private async Task<Verdict> TryAsync(Delivery delivery)
    {
        try
        {
            return await ApplyAsync(delivery);
        }
        catch (Exception failure)
        {
            return await RefuseAsync(delivery, failure);
        }
    }

    /// <summary>To the poison queue with it, or again later.</summary>
    public async Task<Verdict> RefuseAsync(Delivery delivery, Exception failure)
    {
        if (PoisonReason.Of(failure, delivery) is not { } reason)
        {
            LogLater(service.Logger, delivery.Source, delivery.Id, delivery.Count, failure);
            return Verdict.Later;
        }

        try
        {
            await NoteAsync(delivery, reason);
            await _poison.PutAsync(delivery, reason, CancellationToken.None);
            return Verdict.Poisoned;
        }
        catch (CairnException unavailable)
        {
            LogLater(service.Logger, delivery.Source, delivery.Id, delivery.Count, unavailable);
            return Verdict.Later;
        }
    }

    // Its sender may have been told its id, and a token that waits for it.
    private async ValueTask NoteAsync(Delivery delivery, PoisonReason reason)
    {
        // An id that was used before is that of another commit, which is told under it.
        if (reason.Kind == ProblemKinds.IdempotencyKeyReused || service.Refused is not { } refused || Name(delivery) is not var (name, life, id) || await service.Catalog.HoldAsync(name, CancellationToken.None) is not { } space)
        {
            return;
        }

        try
        {
            // Of a life that has ended nobody asks any more.
            if (life is null || life == space.Record.Incarnation)
            {
                await refused.AddAsync(space.Record.Incarnation, id, reason, CancellationToken.None);
            }
        }
        finally
        {
            space.Release();
        }
    }

    // Null: the message cannot be read, so that nobody was told of it.
    private (SpaceName Space, Incarnation? Life, byte[] Id)? Name(Delivery delivery)
    {
        using var encoder = service.Encoders.Rent();
        try
        {
            var message = IngestMessage.Read(encoder.Tape.Parse(MessageText.Decode(delivery.Text)));
            var id = message.Id ?? (message.Commit is { Kind: JsonKind.Object } commit && commit.TryGet("id"u8, out var own) ? own : null);
            return (message.Space, message.Life, id is { } given ? CommitIdentity.Of(null, given).Text : CommitIdentity.OfKey(message.Rename(delivery).Id, Limits.CommitIdLength));
        }
        catch (ProblemException)
        {
            return null;
        }
    }

    // A commit on its way is not called back: nothing here is cancelled.
    private async Task<Verdict> ApplyAsync(Delivery delivery)
    {
        var prepared = await PreparedCommit.ReadAsync(service, queues.Claims, delivery, CancellationToken.None);
        try
        {
            if (prepared.Commit is not { } commit)
            {
                return Verdict.Duplicate;
            }

            var outcome = prepared.Space.TryRepeat(commit);
            if (outcome is null)
            {
                await RequireYoungAsync(service.Time, prepared);
                await RequireRoomAsync(prepared.Space, commit);
                if (service.Hub is { } hub)
                {
                    await (await hub.LaneAsync(prepared.Space.Record.Name, CancellationToken.None)).PublishAsync(EventOf(delivery, prepared.Space.Record, commit));
                    commit.Return();
                    return Verdict.Forwarded;
                }

                outcome = await prepared.Space.CommitAsync(commit, CancellationToken.None);
                service.Checkpoints?.Note(prepared.Space);
            }

            commit.Return();
            RequireKnownById(outcome);
            await LetClaimGoAsync(prepared.Claim);
            return outcome.IsDuplicate ? Verdict.Duplicate : Verdict.Applied;
        }
        finally
        {
            prepared.Space.Release();
        }
    }

    // Read again, as text: the commit as it came, or its claim check, with the id and the time that it has by now. Whoever gets the event does the rest.
    private OutgoingEvent EventOf(Delivery delivery, SpaceRecord space, EncodedCommit commit)
    {
        using var encoder = service.Encoders.Rent();
        var message = IngestMessage.Read(encoder.Tape.Parse(MessageText.Decode(delivery.Text)));
        var (id, sentAt) = (commit.CommitId.ToArray(), commit.FirstSent);
        return message.Commit is { } node
            ? new(space, sentAt, id, EventText.CommitOf(node.ObjectText.Span, node.TryGet("id"u8, out _) ? default : id))
            : new(space, sentAt, id, commit: null, message.Claim);
    }

    // A rate of requests is not asked about: the queue is what evens them out.
    private async ValueTask RequireRoomAsync(Space space, EncodedCommit commit)
    {
        if (Room.Refusal(await service.Quotas.FindAsync(space.Record.Name, CancellationToken.None), space, commit) is { } refusal)
        {
            throw refusal;
        }
    }

    /// <summary>
    /// Refuses what is so old that the next delivery might come when its commit is forgotten, unless it is known to be applied: then it is only repeated.
    /// </summary>
    /// <exception cref="Undeliverable">too-old.</exception>
    public static async Task RequireYoungAsync(TimeProvider time, PreparedCommit prepared)
    {
        var (age, limit) = (Timestamp.From(time.GetUtcNow()).Since(prepared.Commit!.FirstSent), prepared.Space.Current.Settings.IdempotencyWindow / 2);
        if (age > limit)
        {
            await PreparedCommit.CatchUpAsync(prepared.Space, CancellationToken.None);
            if (prepared.Space.TryRepeat(prepared.Commit!) is null)
            {
                throw Undeliverable.TooOld(age, limit);
            }
        }
    }

    /// <summary>A rejected commit is told of under its id, unless it was its id that was refused.</summary>
    /// <exception cref="Undeliverable">Nobody would hear of it.</exception>
    public static void RequireKnownById(CommitOutcome outcome)
    {
        if (outcome.Reason is RejectionReason.Reused or RejectionReason.Expired)
        {
            throw Undeliverable.OfOutcome(outcome.Reason);
        }
    }

    /// <summary>Deletes a claim check whose commit is durable. One that stays costs its bytes, and nothing else.</summary>
    public async Task LetClaimGoAsync(string? claim)
    {
        if (claim is not null)
        {
            try
            {
                await queues.Claims.DeleteAsync(claim, CancellationToken.None);
            }
            catch (CairnException failure)
            {
                LogClaimStays(service.Logger, claim, failure.Message);
            }
        }
    }

    [LoggerMessage(41, LogLevel.Warning, "{Source}: message {Id}, delivery {Count}, could not be applied; it comes again")]
    private static partial void LogLater(ILogger logger, string source, string id, long count, Exception failure);

    [LoggerMessage(42, LogLevel.Warning, "claim check {Claim} was applied and could not be deleted: {Reason}")]
    private static partial void LogClaimStays(ILogger logger, string claim, string reason);
}
