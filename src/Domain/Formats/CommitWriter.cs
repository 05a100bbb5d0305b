using System.Buffers.Binary;
using Cairn.Model;
using Cairn.Primitives;

namespace Cairn.Formats;

/// <summary>Builds one commit frame straight into a pooled buffer, without an object graph, and checks every limit as it goes.</summary>
/// <remarks>
/// Reusable; for one thread. A bad value throws Invalid with the member's name in Field; then the open operation can only be
/// abandoned, and what was complete before stays. Calls out of order are internal errors. The buffer changes hands with
/// <see cref="Finish"/>. Over 700 lines in four files (the commit, operations, fields, values), because its surface is the
/// whole list of what a commit can say and each call of it writes where the one before ended.
/// </remarks>
public sealed partial class CommitWriter(Incarnation incarnation)
{
    // A buffer after a large commit is not kept for the next small one.
    private const int MaxExpectedBytes = 64 * 1024;
    private const int CountBytes = sizeof(uint);

    // Header, envelope, the two counts, then operations; preconditions are put in their place at the end.
    private PooledBuffer _bytes;
    private PooledBuffer _preconditions;
    private NameSet _names = new();
    private Step _step;
    private FrameFlags _flags;
    private int _expectedBytes;
    private int _bodyAt;
    private int _completeBytes;
    private int _preconditionCount;

    /// <summary>What may be called next.</summary>
    private enum Step : byte
    {
        Idle,
        Commit,
        Fields,
        Labels,
        RemovedNames,
        Attributes,
        Value,
        Items,
        ObjectMembers,
    }

    /// <summary>Complete operations so far.</summary>
    public int OperationCount { get; private set; }

    /// <summary>Bytes of the frame so far.</summary>
    public int LengthBytes => _bytes.Length + _preconditions.Length;

    /// <summary>Trace context that each commit has that is begun from here on, at most 255 bytes: a <c>traceparent</c> of W3C; empty: none.</summary>
    public ReadOnlyMemory<byte> Trace { get; set; }

    /// <summary>The event that each commit is from that is begun from here on; null: it came from no hub.</summary>
    public Origin? Origin { get; set; }

    /// <summary>Begins a commit; what was there is dropped.</summary>
    /// <param name="commitId">1 to 128 visible ASCII characters.</param>
    /// <param name="givenByCaller">The id is the caller's and is remembered, not one that the service made.</param>
    /// <param name="firstSent">When the commit was first sent.</param>
    /// <param name="meta">Who told us and why, at most 1 KiB.</param>
    /// <exception cref="CairnException">Invalid: the id or the meta.</exception>
    public void Begin(
        ReadOnlySpan<byte> commitId,
        bool givenByCaller,
        Timestamp firstSent,
        CommitMeta? meta = null)
    {
        _step = Step.Idle;
        TextRules.RequireCommitId(commitId);
        RequireInstant(firstSent, "firstSent");
        _bytes.Clear(_expectedBytes);
        _preconditions.Truncate(0);
        _preconditionCount = OperationCount = 0;
        _flags = FrameEnvelope.Write(ref _bytes, commitId, givenByCaller, firstSent, meta, Origin, Trace.Span);
        _bodyAt = _bytes.Length;
        _bytes.Reserve(2 * CountBytes);
        _completeBytes = _bytes.Length;
        _step = Step.Commit;
    }

    /// <summary>Adds a precondition over a concept; any time before <see cref="Finish"/>.</summary>
    /// <param name="id">The concept's id.</param>
    /// <param name="condition">What must hold.</param>
    /// <param name="version">The version it must have, for <see cref="Condition.Version"/> only.</param>
    /// <exception cref="CairnException">Invalid: the id, or more than 10,000 preconditions.</exception>
    public void RequireConcept(ReadOnlySpan<byte> id, Condition condition, LogPosition version = default)
    {
        TextRules.RequireId(id, "id");
        ByteWriting.Medium(Precondition(0, condition, version, sizeof(ushort) + id.Length), id);
    }

    /// <summary>Adds a precondition over an association; as <see cref="RequireConcept"/>.</summary>
    public void RequireAssociation(in AssociationName name, Condition condition, LogPosition version = default)
    {
        TextRules.RequireAssociation(name);
        name.Write(Precondition(1, condition, version, name.EncodedBytes));
    }

    /// <summary>Closes the commit and hands over its buffer.</summary>
    /// <exception cref="CairnException">Invalid, <c>too-large</c>: past 4 MiB − 4 KiB; only a new <see cref="Begin"/> helps.</exception>
    public EncodedCommit Finish()
    {
        RequireStep(Step.Commit);
        _bytes.Truncate(_completeBytes);
        PooledBuffer.RequireCommitSize(LengthBytes);
        if (_preconditionCount > 0)
        {
            InsertPreconditions();
        }

        var frame = _bytes.Written;
        BinaryPrimitives.WriteInt32LittleEndian(frame[_bodyAt..], _preconditionCount);
        BinaryPrimitives.WriteInt32LittleEndian(frame[(_bodyAt + CountBytes + _preconditions.Length)..], OperationCount);
        FrameFormat.WriteHeader(frame, FrameKind.Commit, _flags, _bodyAt - FrameFormat.HeaderBytes);

        var lengthBytes = frame.Length;
        _expectedBytes = Math.Min(lengthBytes, MaxExpectedBytes);
        _preconditions.Truncate(0);
        _step = Step.Idle;
        return new(_bytes.Detach(), lengthBytes, _bodyAt, OperationCount);
    }

    private Span<byte> Precondition(byte target, Condition condition, LogPosition version, int nameBytes)
    {
        Invariant.Require(_step != Step.Idle && condition is >= Condition.Version and <= Condition.Exists, "no commit is open, or no such condition");
        if (_preconditionCount == Limits.Preconditions)
        {
            throw CairnException.OverLimit(
                "preconditions", $"a commit takes at most {Limits.Preconditions} preconditions", Limits.Preconditions, Limits.Preconditions + 1);
        }

        var versionBytes = condition == Condition.Version ? sizeof(long) : 0;
        var at = _preconditions.Reserve(2 + versionBytes + nameBytes);
        at[0] = target;
        at[1] = (byte)condition;
        if (versionBytes > 0)
        {
            BinaryPrimitives.WriteInt64LittleEndian(at[2..], version.Value);
        }

        _preconditionCount++;
        return at[(2 + versionBytes)..];
    }

    private void InsertPreconditions()
    {
        var operationsAt = _bodyAt + CountBytes;
        var moved = _completeBytes - operationsAt;
        _bytes.Reserve(_preconditions.Length);
        var frame = _bytes.Written;
        frame.Slice(operationsAt, moved).CopyTo(frame[(operationsAt + _preconditions.Length)..]);
        _preconditions.Written.CopyTo(frame[operationsAt..]);
    }

    private void RequireStep(Step step) => Invariant.Require(_step == step, "calls to the commit writer are out of order");
}
