namespace Cairn.Functions.Triggers;

/// <summary>A message that no further delivery would mend, for a reason that only messages have. Ends in the poison queue.</summary>
internal sealed class Undeliverable(string reason, string detail) : Exception(detail)
{
    public string Reason { get; } = reason;

    /// <summary>Its claim check is gone, and its commit is not known.</summary>
    public static Undeliverable WithoutClaim(string claim) => new("claim-missing", $"there is no claim check '{claim}', and its commit is not known");

    /// <summary>So old that a further delivery could come after its commit was forgotten.</summary>
    public static Undeliverable TooOld(TimeSpan age, TimeSpan limit) =>
        new("too-old", $"it waited for {age:c}; past {limit:c}, half the idempotency window of its space, a commit might be applied twice");

    /// <summary>Replay refused it for its id, so that nothing tells of it under that id.</summary>
    public static Undeliverable OfOutcome(Model.RejectionReason reason) => reason == Model.RejectionReason.Expired
        ? new("expired", "it was sent longer ago than the idempotency window of its space")
        : new(Problems.ProblemKinds.IdempotencyKeyReused, "the commit's id was used before with another body");
}
