using Cairn.Formats;
using Cairn.Log;
using Cairn.Model;
using Cairn.Primitives;
using Cairn.Reconciliation.Outcomes;

namespace Cairn.Reconciliation.Changes;

/// <summary>A commit that was committed, as whoever follows a space gets it. Immutable; any thread.</summary>
public sealed class Change
{
    private readonly ReadOnlyMemory<byte> _frame;
    private readonly IReadOnlyList<OperationResult> _results;

    internal Change(in LogFrame frame, in RememberedCommit commit) =>
        (_frame, Position, Time, _results) = (frame.Bytes, frame.Position, commit.Time, commit.Outcome.Results);

    /// <summary>Where it ends in the log, which is the version of what it changed.</summary>
    public LogPosition Position { get; }

    /// <summary>The log clock at the commit.</summary>
    public Timestamp Time { get; }

    /// <summary>The commit's id, visible ASCII.</summary>
    public ReadOnlySpan<byte> CommitId => View.CommitId;

    /// <summary>Preconditions and operations: what <see cref="CommitReader"/> reads.</summary>
    public ReadOnlySpan<byte> Body => View.Body;

    /// <summary>What each operation did, in their order.</summary>
    public IReadOnlyList<OperationResult> Results => _results;

    /// <summary>Bytes of memory, about.</summary>
    internal long Bytes => _frame.Length + (_results.Count * 16L);

    private FrameView View => FrameView.OfVerified(_frame.Span);

    /// <summary>Who told it, and why; null if the commit does not say. Allocates.</summary>
    public CommitMeta? ReadMeta() => View.ReadMeta();
}
