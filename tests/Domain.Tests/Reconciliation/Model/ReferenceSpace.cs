using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text;
using Cairn.Formats;
using Cairn.Model;
using Cairn.Primitives;

namespace Cairn.Domain.Tests.Reconciliation.Model;

/// <summary>A frame as its writer meant it.</summary>
internal sealed record SentFrame(FrameKind Kind, WriterId Writer, ulong Sequence, Timestamp Time, byte[] Bytes)
{
    public string CommitId { get; init; } = "";

    public bool IdGivenByCaller { get; init; }

    public Timestamp FirstSent { get; init; }

    public Commit? Commit { get; init; }

    /// <summary>Two commits say the same if these bytes are equal.</summary>
    public byte[] Body { get; init; } = [];

    public SpaceSettings? Settings { get; init; }

    public IReadOnlyList<string> Purged { get; init; } = [];
}

/// <summary>The reference: a space that applies frames one after the other, with nothing in mind but to be right.</summary>
internal sealed class ReferenceSpace(Incarnation incarnation)
{
    private static readonly TimeSpan WriterRemembered = TimeSpan.FromHours(24);
    private readonly Dictionary<WriterId, (ulong Sequence, Timestamp Time)> _writers = [];
    private readonly Dictionary<string, (Timestamp Time, byte[] Body, CommitOutcome Outcome)> _remembered = new(StringComparer.Ordinal);
    private Timestamp _forgottenBefore = Timestamp.Min;

    public ReferenceState State { get; private set; } = ReferenceState.Empty;

    public SpaceSettings Settings { get; private set; } = SpaceSettings.Default;

    public Timestamp LogClock { get; private set; }

    public LogPosition Position { get; private set; }

    /// <summary>Concepts that exist by the log clock.</summary>
    public ReferenceRules Now => new(LogClock, Position, Settings);

    /// <summary>Applies a frame; null if it decides no commit, or was there before.</summary>
    public CommitOutcome? Apply(SentFrame frame, LogPosition position)
    {
        (Position, LogClock) = (position, Timestamp.Latest(LogClock, frame.Time));
        Forget();
        if (WasThere(frame))
        {
            return null;
        }

        _writers[frame.Writer] = (frame.Sequence, LogClock);
        Settings = frame.Settings ?? Settings;
        State = frame.Purged.Aggregate(State, Now.Purge);
        return frame.Kind == FrameKind.Commit ? Decide(frame) : null;
    }

    /// <summary>The id of a concept that was put without one.</summary>
    public static string DerivedId(Incarnation incarnation, string commitId, int operation)
    {
        var index = new byte[sizeof(uint)];
        BinaryPrimitives.WriteUInt32LittleEndian(index, (uint)operation);
        var life = new byte[Incarnation.LengthBytes];
        incarnation.Write(life);
        var hash = SHA256.HashData([.. life, .. Encoding.ASCII.GetBytes(commitId), 0, .. index]);
        var hex = Convert.ToHexStringLower(hash.AsSpan(0, 16)).ToCharArray();
        hex[12] = '8';
        hex[16] = "89ab"[Convert.ToInt32(hex[16].ToString(), 16) & 3];
        var text = new string(hex);
        return $"{text[..8]}-{text[8..12]}-{text[12..16]}-{text[16..20]}-{text[20..]}";
    }

    private bool WasThere(SentFrame frame) =>
        _writers.TryGetValue(frame.Writer, out var last) && last.Time.Plus(WriterRemembered) >= LogClock && frame.Sequence <= last.Sequence;

    private void Forget()
    {
        _forgottenBefore = Timestamp.Latest(_forgottenBefore, LogClock.Plus(-Settings.IdempotencyWindow));
        foreach (var (id, commit) in _remembered)
        {
            if (commit.Time < _forgottenBefore)
            {
                _remembered.Remove(id);
            }
        }
    }

    private CommitOutcome Decide(SentFrame frame)
    {
        if (!frame.IdGivenByCaller)
        {
            return Run(frame);
        }

        if (_remembered.TryGetValue(frame.CommitId, out var first))
        {
            return first.Body.AsSpan().SequenceEqual(frame.Body) ? Duplicate(first.Outcome) : Rejected(RejectionReason.Reused);
        }

        // Also what was forgotten under a shorter window: whether it was there before can no longer be known.
        if (frame.FirstSent < _forgottenBefore)
        {
            return Rejected(RejectionReason.Expired);
        }

        var outcome = Run(frame);
        _remembered.Add(frame.CommitId, (LogClock, frame.Body, outcome));
        return outcome;
    }

    private CommitOutcome Run(SentFrame frame)
    {
        var (rules, state, commit) = (Now, State, frame.Commit!);
        for (var i = 0; i < commit.Requirements.Count; i++)
        {
            if (rules.Check(state, commit.Requirements[i]) is var broken and not RejectionReason.None)
            {
                return Rejected(broken, precondition: i);
            }
        }

        var results = new List<OperationResult>();
        for (var i = 0; i < commit.Operations.Count; i++)
        {
            try
            {
                var operation = commit.Operations[i];
                (state, var result) = rules.Apply(state, operation is Put { Id: "" } put ? put with { Id = DerivedId(incarnation, frame.CommitId, i) } : operation);
                results.Add(result);
            }
            catch (RefusedException refused)
            {
                return Rejected(refused.Reason, operation: i);
            }
        }

        State = state;
        return new() { Kind = OutcomeKind.Committed, Position = Position, Results = results };
    }

    private CommitOutcome Rejected(RejectionReason reason, int operation = -1, int precondition = -1) =>
        new() { Kind = OutcomeKind.Rejected, Position = Position, Reason = reason, Operation = operation, Precondition = precondition };

    private static CommitOutcome Duplicate(CommitOutcome first) => new()
    {
        Kind = first.Kind,
        Position = first.Position,
        IsDuplicate = true,
        Reason = first.Reason,
        Operation = first.Operation,
        Precondition = first.Precondition,
        Results = first.Results,
    };
}
