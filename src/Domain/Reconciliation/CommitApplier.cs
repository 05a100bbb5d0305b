using Cairn.Formats;
using Cairn.Model;
using Cairn.Primitives;
using Cairn.Reconciliation.Outcomes;

namespace Cairn.Reconciliation;

/// <summary>
/// Replay: applies frames to the state in log order and decides their outcomes. A pure function of the frames, so that every replica
/// agrees. One thread.
/// </summary>
internal sealed class CommitApplier
{
    private readonly SpaceState _state;
    private readonly ConceptEmbeddings _embeddings;
    private readonly ConceptOperations _concepts;
    private readonly AssociationOperations _associations;
    private readonly OperationLookahead _lookahead;
    private readonly WriterTable _writers;
    private readonly OriginTable _origins;
    private readonly List<OperationResult> _results = [];

    /// <param name="state">What is changed.</param>
    /// <param name="memory">Commits by id.</param>
    /// <param name="writers">The writers to begin with; null: none.</param>
    /// <param name="origins">The origins to begin with; null: none.</param>
    /// <param name="operations">Operations of the frames before.</param>
    public CommitApplier(SpaceState state, CommitMemory memory, WriterTable? writers = null, OriginTable? origins = null, long operations = 0)
    {
        (_state, Memory, _writers, _origins) = (state, memory, writers ?? new(), origins ?? new());
        _embeddings = new(state);
        (_concepts, _associations, _lookahead) = (new(state, _embeddings), new(state), new(state.Shared));
        Operations = operations;
    }

    /// <summary>Commits by id.</summary>
    public CommitMemory Memory { get; }

    /// <summary>The last frame of each writer that is remembered.</summary>
    public IReadOnlyList<Snapshots.Checkpoints.WriterState> Writers => _writers.Writers;

    /// <summary>How far each partition of a hub was applied.</summary>
    public OriginTable Origins => _origins;

    /// <summary>Operations of the frames applied so far.</summary>
    public long Operations { get; private set; }

    /// <summary>Concepts removed by the purges among them.</summary>
    public long Purged { get; private set; }

    /// <summary>Embeddings that were kept of the frames of embeddings among them.</summary>
    public long Embedded { get; private set; }

    /// <summary>Generation frames among them.</summary>
    public long Generations { get; private set; }

    /// <summary>Applies to the same state, but with other memory of commits, and goes on counting purged concepts.</summary>
    public CommitApplier Continue(CommitMemory memory, long purgedBefore) => new(_state, memory, _writers, _origins, Operations) { Purged = purgedBefore, Generations = Generations, Embedded = Embedded };

    /// <summary>Applies one frame.</summary>
    /// <returns>The outcome of a commit; null for a frame of another kind, or one that was applied before.</returns>
    /// <exception cref="CairnException">Corrupt: the body is malformed; the state must not be used any more.</exception>
    public CommitOutcome? Apply(in FrameView frame, LogPosition position)
    {
        // They change nothing, and who writes one does not replay it. Without them no position is where a file was closed, or a log: whoever begins there would not know.
        if (frame.Kind is FrameKind.Roll or FrameKind.Seal)
        {
            return null;
        }

        var logClock = Timestamp.Latest(_state.LogClock, frame.Time);
        var isNew = _writers.TryAdvance(frame.Writer, frame.Sequence, logClock);
        (_state.Position, _state.LogClock) = (position, logClock);
        Memory.Advance(logClock, _state.Settings.IdempotencyWindow);
        if (!isNew)
        {
            return null;
        }

        switch (frame.Kind)
        {
            case FrameKind.Commit:
                return frame.HasOrigin && !_origins.TryAdvance(frame.Origin, logClock) ? Skip(frame) : Decide(frame);
            case FrameKind.Configuration:
                Configure(SettingsCodec.Read(frame.Body));
                return null;
            case FrameKind.Purge:
                Purge(frame.Body);
                return null;
            case FrameKind.Embeddings:
                Embedded += _embeddings.Apply(frame.Body);
                return null;
            case FrameKind.Generation:
                _state.EndGeneration();
                Generations++;
                return null;
            case FrameKind.Barrier:
                return null;
            default:
                throw new CairnException(ErrorKind.Corrupt, $"a frame of kind {frame.Kind} ends at {position}, which this version cannot replay");
        }
    }

    private void Configure(SpaceSettings settings)
    {
        var attributes = _state.Settings.TextAttributes;
        _state.Settings = settings;
        if (settings.TextAttributes != attributes)
        {
            _embeddings.SettleAll();
        }
    }

    // Whoever wrote the purge looked at an older state: what was put again since then stays.
    private void Purge(ReadOnlySpan<byte> body)
    {
        var ids = new PurgeReader(body);
        while (ids.TryRead(out var id))
        {
            var row = _state.Shared.Ids.Find(id);
            if (row >= 0 && _state.IsExpired(row))
            {
                _state.DeleteConcept(row);
                Purged++;
            }
        }
    }

    private CommitOutcome Decide(in FrameView frame)
    {
        if (!frame.IdGivenByCaller)
        {
            var made = Run(frame);
            Memory.AddMade(frame.CommitId, new(_state.LogClock, 0, made));
            return made;
        }

        var body = CommitKey.Digest(frame.Body);
        if (Memory.FindGiven(frame.CommitId) is { } first)
        {
            return Repeat(first, body, _state.Position);
        }

        // Whether it was there before can no longer be known. That goes by what was forgotten, not by the window of now, which may have grown. An origin does not tell
        // either: a commit may be published twice, and then has two.
        if (frame.FirstSent < Memory.ForgottenBefore)
        {
            return new() { Kind = OutcomeKind.Rejected, Position = _state.Position, Reason = RejectionReason.Expired };
        }

        var outcome = Run(frame);
        Memory.AddGiven(frame.CommitId, new(_state.LogClock, body, outcome), _state.Settings.IdempotencyWindow);
        return outcome;
    }

    // A hub handed an event out again. Nothing is remembered of it but that it was decided.
    private CommitOutcome Skip(in FrameView frame) => frame.IdGivenByCaller && Memory.FindGiven(frame.CommitId) is { } first
        ? Repeat(first, CommitKey.Digest(frame.Body), _state.Position)
        : new() { Kind = OutcomeKind.Committed, Position = _state.Position, IsDuplicate = true };

    /// <summary>What a commit gets whose id is remembered: the first outcome, or a refusal if its body is another.</summary>
    internal static CommitOutcome Repeat(in RememberedCommit first, UInt128 body, LogPosition position) => first.Body == body
        ? new()
        {
            Kind = first.Outcome.Kind,
            Position = first.Outcome.Position,
            IsDuplicate = true,
            Reason = first.Outcome.Reason,
            Operation = first.Outcome.Operation,
            Precondition = first.Outcome.Precondition,
            Results = first.Outcome.Results,
        }
        : new() { Kind = OutcomeKind.Rejected, Position = position, Reason = RejectionReason.Reused };

    private CommitOutcome Run(in FrameView frame)
    {
        var reader = new CommitReader(frame.Body);
        for (var i = 0; reader.TryReadPrecondition(out var precondition); i++)
        {
            if (Check(precondition) is var broken and not RejectionReason.None)
            {
                return new() { Kind = OutcomeKind.Rejected, Position = _state.Position, Reason = broken, Precondition = i };
            }
        }

        _results.Clear();
        _state.Begin();
        for (var i = 0; ; i++)
        {
            if (i % OperationLookahead.Operations == 0)
            {
                _lookahead.Run(frame.Body, reader, reader.OperationCount - i);
            }

            if (!reader.TryReadOperation(out var operation))
            {
                break;
            }

            if (Apply(operation, _lookahead[i % OperationLookahead.Operations], out var result) is var refused and not RejectionReason.None)
            {
                _state.Undo();
                return new() { Kind = OutcomeKind.Rejected, Position = _state.Position, Reason = refused, Operation = i };
            }

            _results.Add(result);
        }

        _state.Accept();
        Operations += _results.Count;
        return new() { Kind = OutcomeKind.Committed, Position = _state.Position, Results = [.. _results] };
    }

    private RejectionReason Apply(in OperationView operation, in FoundRows found, out OperationResult result) => operation.Kind switch
    {
        OperationKind.Put => _concepts.Put(operation, found.Row, out result),
        OperationKind.Patch => _concepts.Patch(operation, found.Row, out result),
        OperationKind.Delete => _concepts.Delete(operation, found.Row, out result),
        OperationKind.Reinforce => _concepts.Reinforce(operation, found.Row, out result),
        OperationKind.Associate => _associations.Associate(operation, found, out result),
        OperationKind.Dissociate => _associations.Dissociate(operation, found, out result),
        OperationKind.ReinforceAssociation => _associations.Reinforce(operation, found, out result),
        _ => throw new CairnException(ErrorKind.Corrupt, $"operation {operation.Kind} cannot be replayed"),
    };

    private RejectionReason Check(in PreconditionView precondition)
    {
        var row = precondition.IsAssociation ? _state.FindAssociation(precondition.Association, FoundRows.None) : _state.FindConcept(precondition.Id);
        var rows = precondition.IsAssociation ? _state.Associations : _state.Concepts;
        return precondition.Condition switch
        {
            Condition.Absent => row < 0 ? RejectionReason.None : RejectionReason.Exists,
            _ when row < 0 => RejectionReason.Missing,
            Condition.Version when rows.Version(row) != precondition.Version => RejectionReason.Version,
            _ => RejectionReason.None,
        };
    }
}
