using Cairn.Primitives;
using Cairn.Storage;

namespace Cairn.Functions.Hub;

/// <summary>One event on its way to the hub. Its lane writes it; whoever sent it waits for <see cref="Published"/>.</summary>
/// <param name="space">Whose: of that life of it, and of no later one.</param>
/// <param name="sentAt">When its commit was first sent.</param>
/// <param name="id">Its commit's id.</param>
/// <param name="commit">Its commit's JSON; null: that lies in <paramref name="claim"/> already.</param>
/// <param name="claim">The name of its claim check; null: it has none yet.</param>
internal sealed class OutgoingEvent(SpaceRecord space, Timestamp sentAt, byte[] id, byte[]? commit, string? claim = null)
{
    /// <summary>
    /// A longer event travels by claim check. The Functions host hands out up to a hundred at once, in one request whose texts it escapes twice: a hundred of the hub's
    /// largest would be more than this process takes. It also fits a hub of the tier Basic, with each byte escaped.
    /// </summary>
    public const int MaxBytes = 96 * 1024;

    private readonly TaskCompletionSource _published = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>Completes when it is durable in the hub.</summary>
    public Task Published => _published.Task;

    /// <summary>Its commit, for a claim check.</summary>
    public byte[] Commit => commit!;

    /// <summary>What is published; null: it is too long, and needs a claim check first.</summary>
    public byte[]? Text { get; private set; } =
        claim is not null ? EventText.WriteClaim(space, sentAt, id, claim) : commit!.Length < MaxBytes ? EventText.Write(space, sentAt, commit) : null;

    /// <summary>Its commit lies there.</summary>
    public byte[] SetClaim(string name) => Text = EventText.WriteClaim(space, sentAt, id, name);

    public void SetPublished() => _published.TrySetResult();

    public void SetFailed(Exception failure) => _published.TrySetException(failure);
}
