using Cairn.Primitives;

namespace Cairn.Model;

/// <summary>How replay decided a commit.</summary>
public enum OutcomeKind : byte
{
    /// <summary>All of it applied.</summary>
    Committed = 1,

    /// <summary>Nothing of it applied.</summary>
    Rejected = 2,
}

/// <summary>Why a commit was rejected.</summary>
public enum RejectionReason : byte
{
    /// <summary>It is not rejected.</summary>
    None = 0,

    /// <summary>The target exists.</summary>
    Exists = 1,

    /// <summary>The target does not exist.</summary>
    Missing = 2,

    /// <summary>The target has another version.</summary>
    Version = 3,

    /// <summary>An endpoint of an association does not exist.</summary>
    MissingEndpoint = 4,

    /// <summary>The result would pass a limit of the model.</summary>
    Limit = 5,

    /// <summary>First sent so long ago that its duplicate could no longer be known.</summary>
    Expired = 6,

    /// <summary>Its id was used before with another body.</summary>
    Reused = 7,
}

/// <summary>What one operation of a committed commit did.</summary>
public enum Effect : byte
{
    /// <summary>It did not exist before.</summary>
    Created = 1,

    /// <summary>It changed.</summary>
    Updated = 2,

    /// <summary>It already was so; its version stays.</summary>
    Unchanged = 3,

    /// <summary>The operation's policy said to leave it.</summary>
    Skipped = 4,

    /// <summary>It is gone.</summary>
    Deleted = 5,
}

/// <summary>The result of one operation.</summary>
/// <param name="Effect">What it did.</param>
/// <param name="Version">The target's version afterwards; zero if there is no target any more (deleted, or skipped because missing).</param>
public readonly record struct OperationResult(Effect Effect, LogPosition Version);

/// <summary>The outcome of a commit, the same on every replica.</summary>
public sealed class CommitOutcome
{
    /// <summary>Committed or rejected.</summary>
    public required OutcomeKind Kind { get; init; }

    /// <summary>Where the deciding frame ends: for a duplicate, that of the first.</summary>
    public required LogPosition Position { get; init; }

    /// <summary>This commit repeats an earlier one with the same id and body, whose outcome this is.</summary>
    public bool IsDuplicate { get; init; }

    /// <summary>Why it was rejected.</summary>
    public RejectionReason Reason { get; init; }

    /// <summary>The operation (from 0) that was refused; −1 if it was none.</summary>
    public int Operation { get; init; } = -1;

    /// <summary>The precondition (from 0) that did not hold; −1 if it was none.</summary>
    public int Precondition { get; init; } = -1;

    /// <summary>One result per operation in order; empty if rejected.</summary>
    public IReadOnlyList<OperationResult> Results { get; init; } = [];
}
