using Cairn.Formats;
using Cairn.Functions.Answers;
using Cairn.Functions.Json;
using Cairn.Functions.Problems;
using Cairn.Functions.Requests;
using Cairn.Functions.Routing;
using Cairn.Model;
using Cairn.Primitives;
using Cairn.Reconciliation;

namespace Cairn.Functions.Streams;

/// <summary>One ingest: each item is a commit, or one operation that becomes a commit of its own. One thread.</summary>
internal sealed class IngestRun
{
    private const int MaxListed = 10_000;

    private readonly Space _space;
    private readonly CommitEncoder _encoder;
    private readonly byte[]? _key;
    private readonly List<byte[]>? _ids;
    private readonly CommitPipeline _pipeline;
    private readonly TimeProvider _time;

    public IngestRun(Call call, Space space, CommitEncoder encoder, byte[]? key, bool wantsIds)
    {
        (_space, _encoder, _key, _time, _ids) = (space, encoder, key, call.Service.Time, wantsIds ? [] : null);
        HasOutcomes = call.Prefer is { Wait: not null, RespondAsync: false };
        _pipeline = new(space, call.Quota, HasOutcomes, Settle, _time, call.Aborted);
    }

    public long Accepted { get; private set; }

    /// <summary>Accepted and committed, if outcomes are awaited.</summary>
    public long Committed { get; private set; }

    /// <summary>The caller waits for the outcomes.</summary>
    public bool HasOutcomes { get; }

    public RejectedItems Rejected { get; } = new(MaxListed);

    /// <summary>Covers all that was accepted.</summary>
    public LogPosition Position { get; private set; }

    public ValueTask AddAsync(ItemSource item)
    {
        try
        {
            return item.Fault is { } fault ? throw new ProblemException(fault) : _pipeline.AddAsync(item.Number, Encode(item));
        }
        catch (ProblemException e)
        {
            Rejected.Add(item.Number, e.Problem);
            return default;
        }
    }

    /// <summary>Waits for what is under way.</summary>
    /// <exception cref="ProblemException">Nothing could be kept, and that is not the caller's fault.</exception>
    public async Task EndAsync()
    {
        await _pipeline.DrainAsync();
        if (Accepted == 0 && Rejected.FirstOfOurs is { } problem)
        {
            throw new ProblemException(problem);
        }
    }

    public void WriteIds(JsonWriter json)
    {
        if (_ids is null)
        {
            return;
        }

        json.WriteStartArray("ids"u8);
        _ids.ForEach(id => json.WriteStringValue(id));
        json.WriteEndArray();
    }

    private EncodedCommit Encode(ItemSource item)
    {
        var root = _encoder.Tape.Parse(item.Text).RequireObject();
        var number = item.Number;
        var firstSent = Timestamp.From(_time.GetUtcNow());
        var rules = new FieldRules(KeepTimes: false, _space.Current.Settings.VectorDimensions);
        return _encoder.Encode(_space.Record.Incarnation, writer =>
        {
            if (root.TryGet("op"u8, out _))
            {
                var identity = CommitIdentity.OfItem(_key, number);
                writer.Begin(identity.Text, identity.GivenByCaller, firstSent);
                OperationReading.Write(root, writer, rules);
            }
            else
            {
                CommitReading.Write(root, writer, id => id is null ? CommitIdentity.OfItem(_key, number) : CommitIdentity.Of(null, id), firstSent, rules);
            }
        });
    }

    private void Settle(Settled item)
    {
        if (item.Failure is { } failure)
        {
            Rejected.Add(item.Number, ProblemMap.Of(failure));
            return;
        }

        if (item.Outcome?.Reason == RejectionReason.Reused)
        {
            Rejected.Add(item.Number, new(ProblemKinds.IdempotencyKeyReused, "the commit's id was used before with another body"));
            return;
        }

        Accepted++;
        Committed += item.Outcome?.Kind == OutcomeKind.Committed ? 1 : 0;
        Position = item.Position > Position ? item.Position : Position;
        _ids?.Add(item.Commit.CommitId.ToArray());
    }
}
