using Cairn.Formats;
using Cairn.Functions.Answers;
using Cairn.Functions.Problems;
using Cairn.Functions.Quotas;
using Cairn.Functions.Requests;
using Cairn.Model;
using Cairn.Primitives;
using Cairn.Reconciliation;

namespace Cairn.Functions.Streams;

/// <summary>How an import reads its lines.</summary>
/// <param name="IsMemory">They are those of the reference memory server.</param>
/// <param name="OnExists">What becomes of what is there.</param>
/// <param name="LineKey">What the ids of their commits begin with; null: each is new.</param>
/// <param name="FirstSent">When they came; null: now, each.</param>
internal sealed record ImportRules(bool IsMemory, OnExists OnExists, byte[]? LineKey, Timestamp? FirstSent = null);

/// <summary>One import: each line is a commit of one operation, so that a bad line costs nothing but itself. One thread.</summary>
internal sealed class ImportRun
{
    private const int MaxListed = 100;

    private readonly Space _space;
    private readonly CommitEncoder _encoder;
    private readonly ImportRules _rules;
    private readonly TimeProvider _time;
    private readonly CommitPipeline _pipeline;
    private long _lines;
    private long _concepts;
    private long _associations;
    private long _skipped;

    public ImportRun(Space space, SpaceQuota? quota, CommitEncoder encoder, ImportRules rules, TimeProvider time, CancellationToken cancellationToken)
    {
        (_space, _encoder, _rules, _time) = (space, encoder, rules, time);
        _pipeline = new(space, quota, awaitsOutcome: true, Settle, _time, cancellationToken);
    }

    public ImportCounts Counts => new(_lines, _concepts, _associations, _skipped, Rejected.Count);

    public RejectedItems Rejected { get; } = new(MaxListed);

    /// <summary>Covers all that was imported.</summary>
    public LogPosition Position { get; private set; }

    public ValueTask AddAsync(ItemSource item)
    {
        _lines++;
        try
        {
            if (item.Fault is { } fault)
            {
                throw new ProblemException(fault);
            }

            var commit = Encode(item);
            if (commit.OperationCount > 0)
            {
                return _pipeline.AddAsync(item.Number, commit);
            }

            commit.Return();
        }
        catch (ProblemException e)
        {
            Rejected.Add(item.Number, e.Problem);
        }

        return default;
    }

    /// <summary>Waits for what is under way: then all lines so far are counted.</summary>
    public ValueTask DrainAsync() => _pipeline.DrainAsync();

    /// <summary>Waits for what is under way.</summary>
    /// <exception cref="ProblemException">Nothing could be kept, and that is not the caller's fault.</exception>
    public async Task EndAsync()
    {
        await _pipeline.DrainAsync();
        if (_concepts + _associations + _skipped == 0 && Rejected.FirstOfOurs is { } problem)
        {
            throw new ProblemException(problem);
        }

        Position = Position > LogPosition.Zero ? Position : _space.Current.Position;
    }

    /// <summary>The counts so far, in an object that is left open.</summary>
    public void WriteCounts(JsonWriter json)
    {
        json.WriteStartObject();
        ImportJson.WriteCounts(json, Counts);
    }

    public void Write(JsonWriter json, string token)
    {
        WriteCounts(json);
        Rejected.Write(json);
        json.WriteNumber("position"u8, Position.Value);
        json.WriteString("token"u8, token);
        json.WriteEndObject();
    }

    private EncodedCommit Encode(ItemSource item)
    {
        var root = _encoder.Tape.Parse(item.Text);
        var identity = CommitIdentity.OfItem(_rules.LineKey, item.Number);
        var rules = new FieldRules(KeepTimes: true, new(_space.Current.Settings));
        return _encoder.Encode(_space.Record.Incarnation, writer =>
        {
            writer.Begin(identity.Text, identity.GivenByCaller, _rules.FirstSent ?? Timestamp.From(_time.GetUtcNow()));
            if (_rules.IsMemory)
            {
                ImportReading.WriteMemory(root, writer, _rules.OnExists);
            }
            else
            {
                ImportReading.WriteNdJson(root, writer, _rules.OnExists, rules);
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

        Position = item.Position > Position ? item.Position : Position;
        var outcome = item.Outcome!;
        if (outcome.Kind == OutcomeKind.Rejected)
        {
            var reason = OutcomeJson.RejectionOf(outcome);
            Rejected.Add(item.Number, new(ProblemKinds.Rejected, $"the line was refused: {reason.Reason}") { Rejection = reason });
        }
        else if (outcome.Results[0].Effect == Effect.Skipped)
        {
            _skipped++;
        }
        else
        {
            Count(item.Commit.Body);
        }
    }

    private void Count(ReadOnlySpan<byte> body)
    {
        var reader = new CommitReader(body);
        reader.TryReadOperation(out var operation);
        _associations += operation.IsAssociation ? 1 : 0;
        _concepts += operation.IsAssociation ? 0 : 1;
    }
}
