using Cairn.Formats;
using Cairn.Functions.Answers;
using Cairn.Functions.Hub;
using Cairn.Functions.Json;
using Cairn.Functions.Problems;
using Cairn.Functions.Requests;
using Cairn.Functions.Routing;
using Cairn.Model;
using Cairn.Primitives;
using Cairn.Reconciliation;

namespace Cairn.Functions.Streams;

/// <summary>One ingest: each item is a commit, or one operation that becomes a commit of its own. To the log, or to the hub where there is one. One thread.</summary>
internal sealed class IngestRun
{
    private const int MaxListed = 10_000;

    private readonly Space _space;
    private readonly CommitEncoder _encoder;
    private readonly byte[]? _key;
    private readonly List<byte[]>? _ids;
    private readonly CommitPipeline _pipeline;
    private readonly TimeProvider _time;
    private readonly EventLane? _lane;
    private readonly PublishedCommits _published;
    private byte[] _json = [];

    /// <param name="call">Its request.</param>
    /// <param name="space">Where it goes.</param>
    /// <param name="encoder">Reads the items.</param>
    /// <param name="key">Makes the ids of those that give none; null: they get new ones.</param>
    /// <param name="wantsIds">The answer has them.</param>
    /// <param name="lane">To the hub; null: there is none.</param>
    public IngestRun(Call call, Space space, CommitEncoder encoder, byte[]? key, bool wantsIds, EventLane? lane)
    {
        (_space, _encoder, _key, _time, _ids) = (space, encoder, key, call.Service.Time, wantsIds ? [] : null);
        HasOutcomes = call.Prefer is { Wait: not null, RespondAsync: false };
        (_lane, _published) = (lane, new(space, HasOutcomes));
        _pipeline = new(space, call.Quota, HasOutcomes, Settle, _time, call.Aborted) { Publish = lane is null ? null : PublishAsync };
    }

    public long Accepted { get; private set; }

    /// <summary>Accepted and committed, if outcomes are awaited.</summary>
    public long Committed { get; private set; }

    /// <summary>The answer has the outcomes: the caller waits for them, and they came in time.</summary>
    public bool HasOutcomes { get; private set; }

    public RejectedItems Rejected { get; } = new(MaxListed);

    /// <summary>Covers all that was accepted.</summary>
    public LogPosition Position { get; private set; }

    /// <summary>The last commit that went to the hub, which covers all others there; null: none did.</summary>
    public byte[]? LastPublished => _published.Last;

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

    /// <summary>Waits for what is under way, and for outcomes of what went to the hub.</summary>
    /// <param name="wait">How long for those.</param>
    /// <param name="cancellationToken">Ends that wait.</param>
    /// <exception cref="ProblemException">Nothing could be kept, and that is not the caller's fault.</exception>
    public async Task EndAsync(TimeSpan wait, CancellationToken cancellationToken)
    {
        await _pipeline.DrainAsync();
        if (Accepted == 0 && Rejected.FirstOfOurs is { } problem)
        {
            throw new ProblemException(problem);
        }

        if (HasOutcomes && _lane is not null)
        {
            var committed = await _published.WaitAsync(wait, cancellationToken);
            (HasOutcomes, Committed) = (committed is not null, Committed + (committed ?? 0));
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
        var rules = new FieldRules(KeepTimes: false, new(_space.Current.Settings));
        var encoded = _encoder.Encode(_space.Record.Incarnation, writer =>
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
        if (_lane is not null)
        {
            _json = JsonOf(root, encoded);
        }

        return encoded;
    }

    // The commit as it came, with its id: whoever applies it may not be able to make the same one.
    private byte[] JsonOf(JsonNode root, EncodedCommit encoded)
    {
        var text = _encoder.Tape.Text.Span;
        var id = encoded.CommitId;
        return root.TryGet("op"u8, out _) ? EventText.CommitOfOperation(text, id)
            : EventText.CommitOf(text, root.TryGet("id"u8, out _) ? default : id);
    }

    // Called while its item is still the current one.
    private Task PublishAsync(EncodedCommit commit) => _lane!.PublishAsync(new(_space.Record, commit.FirstSent, commit.CommitId.ToArray(), _json));

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
        if (_lane is not null && item.Outcome is null)
        {
            _published.Add(item.Commit.CommitId);
        }
    }
}
