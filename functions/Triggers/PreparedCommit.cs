using Cairn.Formats;
using Cairn.Functions.Hosting;
using Cairn.Functions.Json;
using Cairn.Functions.Problems;
using Cairn.Functions.Requests;
using Cairn.Model;
using Cairn.Primitives;
using Cairn.Reconciliation;
using Cairn.Storage;

namespace Cairn.Functions.Triggers;

/// <summary>A delivery, read: its space, held until it is released, and its commit.</summary>
/// <param name="Space">Where it goes.</param>
/// <param name="Commit">What goes; null: its claim check is gone because an earlier delivery applied it.</param>
/// <param name="Claim">The claim check that it lay in; null: none.</param>
internal sealed record PreparedCommit(Space Space, EncodedCommit? Commit, string? Claim)
{
    private static readonly TimeSpan Wait = TimeSpan.FromSeconds(5);

    /// <summary>Reads a delivery. A space that does not exist is made only once its message can be read, and only where the first write may do so.</summary>
    /// <exception cref="ProblemException">What the sender has to mend; unknown-space.</exception>
    /// <exception cref="Undeliverable">claim-missing.</exception>
    /// <exception cref="CairnException">Unavailable, Throttled.</exception>
    public static async Task<PreparedCommit> ReadAsync(Service service, IClaimStore claims, Delivery delivery, CancellationToken cancellationToken)
    {
        using var encoder = service.Encoders.Rent();
        var message = IngestMessage.Read(encoder.Tape.Parse(MessageText.Decode(delivery.Text)));
        delivery = message.Rename(delivery);
        var claimed = message.Claim is null ? (CommitIdentity?)null : message.Id is null ? Named(delivery) : CommitIdentity.Of(null, message.Id);
        var space = await service.Catalog.HoldAsync(message.Space, cancellationToken);
        try
        {
            await RequireLifeAsync(message, space, cancellationToken);
            var commit = message.Commit;
            if (message.Claim is { } claim)
            {
                var bytes = await ReadClaimAsync(claims, claim, cancellationToken);
                if (bytes is null)
                {
                    await RequireAppliedAsync(space, claimed!.Value, claim, delivery, cancellationToken);
                    return new(space!, null, claim);
                }

                commit = encoder.Tape.Parse(bytes);
            }

            space ??= await CreateAsync(service, encoder, message, commit!.Value, delivery, claimed, cancellationToken);
            return new(space, Encode(encoder, commit!.Value, space.Record.Incarnation, new(space.Current.Settings), delivery, claimed), message.Claim);
        }
        catch
        {
            space?.Release();
            throw;
        }
    }

    /// <summary>Sees all that is durable by now, whoever wrote it: what was forgotten here may be known to others.</summary>
    /// <exception cref="CairnException">Unavailable: not within the wait.</exception>
    public static async Task CatchUpAsync(Space space, CancellationToken cancellationToken) =>
        await space.WaitForAsync(await space.FreshenAsync(strong: true, cancellationToken), Wait, cancellationToken);

    /// <summary>An event that was handed out before, however long ago: its space has applied its partition up to it, or beyond.</summary>
    public static bool IsApplied(Space? space, Delivery delivery) =>
        delivery.Origin is { } origin && space?.FindOrigin(origin.Hub, origin.Partition)?.Origin.SequenceNumber >= origin.SequenceNumber;

    // What the hub names is one event, known by its place for ever; other names are remembered for the window.
    private static CommitIdentity Named(Delivery delivery) =>
        new(CommitIdentity.OfKey(delivery.Id, Model.Limits.CommitIdLength), GivenByCaller: delivery.Origin is null || delivery.HasSendersName);

    private static async Task<byte[]?> ReadClaimAsync(IClaimStore claims, string claim, CancellationToken cancellationToken)
    {
        try
        {
            return await claims.ReadAsync(claim, RequestBody.LimitBytes, cancellationToken);
        }
        catch (CairnException failure) when (failure.Kind == ErrorKind.Corrupt)
        {
            throw ProblemException.Of(ProblemKinds.TooLarge, failure.Message);
        }
    }

    // A space that was deleted meanwhile is not brought back, and what was sent to it is not for one that was made in its place.
    private static async ValueTask RequireLifeAsync(IngestMessage message, Space? space, CancellationToken cancellationToken)
    {
        if (message.Life is { } life && space?.Record.Incarnation != life)
        {
            // Unless it is this process that has not seen yet that the one it holds has ended: then this fails, and the next delivery finds the other one.
            _ = space is null ? default : await space.FreshenAsync(strong: true, cancellationToken);
            throw ProblemException.Of(ProblemKinds.UnknownSpace, $"the space '{message.Space}' that it was sent to was deleted");
        }
    }

    // A claim check goes before its message does: who finds it gone looks whether its commit was applied.
    private static async Task RequireAppliedAsync(Space? space, CommitIdentity identity, string claim, Delivery delivery, CancellationToken cancellationToken)
    {
        if (space is not null)
        {
            await CatchUpAsync(space, cancellationToken);
        }

        if (space?.FindGiven(identity.Text) is null && !IsApplied(space, delivery))
        {
            throw Undeliverable.WithoutClaim(claim);
        }
    }

    private static async Task<Space> CreateAsync(
        Service service, CommitEncoder encoder, IngestMessage message, JsonNode commit, Delivery delivery, CommitIdentity? claimed, CancellationToken cancellationToken)
    {
        if (!service.CreatesSpaces)
        {
            throw ProblemException.Of(ProblemKinds.UnknownSpace, $"there is no space '{message.Space}'");
        }

        Encode(encoder, commit, default, vectors: default, delivery, claimed).Return();
        return (await service.Catalog.HoldOrCreateAsync(message.Space, cancellationToken)).Space;
    }

    private static EncodedCommit Encode(
        CommitEncoder encoder, JsonNode commit, Incarnation incarnation, VectorRules vectors, Delivery delivery, CommitIdentity? claimed) =>
        encoder.Encode(incarnation, writer => CommitReading.Write(
            commit, writer, id => Identify(id, claimed, delivery), Timestamp.From(delivery.SentAt), new(KeepTimes: false, vectors)), delivery.Origin);

    // The id of a claimed commit must be known without it.
    private static CommitIdentity Identify(JsonNode? id, CommitIdentity? claimed, Delivery delivery)
    {
        if (claimed is { } identity && id is { } other && !other.RequireText().SequenceEqual(identity.Text))
        {
            throw other.Refuse("the id of a commit in a claim check stands in the message too, and is the same there");
        }

        return claimed ?? (id is null ? Named(delivery) : CommitIdentity.Of(null, id));
    }
}
