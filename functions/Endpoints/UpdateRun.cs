using Cairn.Formats;
using Cairn.Functions.Problems;
using Cairn.Functions.Requests;
using Cairn.Functions.Routing;
using Cairn.Model;
using Cairn.Primitives;
using Cairn.Query;
using Cairn.Reconciliation;

namespace Cairn.Functions.Endpoints;

/// <summary>
/// One update: looks for what matches in one snapshot, and commits the change on condition that each concept still has the version that matched. If one
/// has changed meanwhile, the commit is rejected, and all begins again.
/// </summary>
internal sealed class UpdateRun(Call call, CommitEncoder encoder, UpdateRequest request)
{
    /// <summary>Characters of an Idempotency-Key: the number of an attempt comes behind it.</summary>
    public const int MaxKeyLength = 118;

    // Each attempt costs a commit, and who loses them all competes with writers that would also win the next.
    private const int MaxAttempts = 5;

    private readonly Deadline _deadline = call.Service.Scans.NewDeadline();
    private readonly Timestamp _firstSent = Timestamp.From(call.Service.Time.GetUtcNow());
    private readonly byte[]? _key = call.IdempotencyKey is { } key ? CommitIdentity.OfKey(key, MaxKeyLength) : null;

    /// <summary>Counts what matches, up to the limit, without changing anything.</summary>
    public ValueTask<ConceptMatches> CountAsync(Reading reading, int sample) =>
        MatchAsync(reading, new() { Now = reading.Now, Keep = sample, StopAt = request.Limit ?? long.MaxValue });

    /// <summary>Runs it until it is decided, by an earlier request with the same key perhaps.</summary>
    /// <exception cref="ProblemException">What the caller has to mend; limit; timeout; outcome-unknown.</exception>
    public async Task<Updated> RunAsync(Reading reading)
    {
        var space = reading.Space;
        for (var attempt = 0; ; attempt++, reading = Reading.Of(call, space))
        {
            var identity = IdentityOf(attempt);
            var updated = Remembered(space, identity) ?? await CommitAsync(reading, identity);

            // Another request with this key was faster: what matched it need not be what matched here.
            if (updated.Outcome?.Reason == RejectionReason.Reused)
            {
                updated = Remembered(space, identity) ?? updated;
            }

            if (attempt + 1 == MaxAttempts || updated.Outcome?.Reason is not (RejectionReason.Version or RejectionReason.Missing))
            {
                return updated;
            }
        }
    }

    // A rejected commit keeps its id, so that each attempt needs one of its own; who repeats a request goes through them in the same order.
    private CommitIdentity IdentityOf(int attempt) => _key is null ? CommitIdentity.New()
        : new(attempt == 0 ? _key : [.. _key, .. "~attempt-"u8, (byte)('0' + attempt)], GivenByCaller: true);

    // What matched has changed since, so the bodies cannot be compared; but what this update cannot have done was another request's.
    private Updated? Remembered(Space space, CommitIdentity identity)
    {
        if (!identity.GivenByCaller || space.FindGiven(identity.Text) is not { } first)
        {
            return null;
        }

        return first.Results.All(result => request.CanHave(result.Effect))
            ? new(first.Results.Count, identity.Text, first, first.Position) { IsReplayed = true }
            : throw ProblemException.Of(ProblemKinds.IdempotencyKeyReused, "the key was used before by a request that did something else");
    }

    private async Task<Updated> CommitAsync(Reading reading, CommitIdentity identity)
    {
        var most = request.Limit ?? UpdateRequest.MaxConcepts + 1;
        var matches = await MatchAsync(reading, new() { Now = reading.Now, Keep = most, StopAt = most });
        if (matches.Count > UpdateRequest.MaxConcepts)
        {
            throw new ProblemException(new Problem(ProblemKinds.Limit, $"more than {UpdateRequest.MaxConcepts} concepts match: with a limit, the first ones are changed")
            {
                Pointer = "/limit",
                Limit = UpdateRequest.MaxConcepts,
            });
        }

        if (matches.Count == 0)
        {
            return new(0, null, null, reading.Snapshot.Position);
        }

        var commit = Encode(reading, identity, matches.Rows);
        var decision = await CommitFlow.AppendAsync(call, reading.Space, commit);
        return new(matches.Rows.Count, identity.Text, decision.Outcome, decision.Position)
        {
            Commit = commit,
            IsReplayed = decision.Outcome?.IsDuplicate == true,
        };
    }

    private ValueTask<ConceptMatches> MatchAsync(Reading reading, ConceptMatching matching)
    {
        var scan = (matching with
        {
            Labels = request.Label is { } label ? CodeFilter.OfLabels(reading.Snapshot, [label]) : CodeFilter.Any,
            Where = request.Where,
        }).Start(reading.Snapshot);
        return call.Service.Scans.RunAsync(reading.Record.Name, scan, _deadline, call.Aborted);
    }

    private EncodedCommit Encode(Reading reading, CommitIdentity identity, IReadOnlyList<int> rows)
    {
        var (snapshot, rules) = (reading.Snapshot, FieldRulesOf(reading));
        return encoder.Encode(reading.Record.Incarnation, writer =>
        {
            writer.Begin(identity.Text, identity.GivenByCaller, _firstSent);
            foreach (var row in rows)
            {
                var concept = snapshot.Concept(row);
                writer.RequireConcept(concept.Id, Condition.Version, concept.Version);
                request.Write(concept.Id, writer, rules);
            }
        });
    }

    /// <summary>Writes the change of a concept and throws it away: a wrong one is refused whatever matches.</summary>
    /// <exception cref="ProblemException">What the caller has to mend.</exception>
    public void Check(Reading reading)
    {
        var identity = CommitIdentity.New();
        encoder.Encode(reading.Record.Incarnation, writer =>
        {
            writer.Begin(identity.Text, identity.GivenByCaller, _firstSent);
            request.Write("any"u8, writer, FieldRulesOf(reading));
        }).Return();
    }

    private static FieldRules FieldRulesOf(Reading reading) => new(KeepTimes: false, new(reading.Snapshot.Settings));
}

/// <summary>How an update ended.</summary>
/// <param name="Matched">Concepts in its commit.</param>
/// <param name="CommitId">Null: nothing matched, so that there is none.</param>
/// <param name="Outcome">Null: there is no commit, or it is not decided within the time that the caller gives it.</param>
/// <param name="Position">Covers it.</param>
internal sealed record Updated(int Matched, byte[]? CommitId, CommitOutcome? Outcome, LogPosition Position)
{
    /// <summary>Names the concepts; null: there is none, or what it named is not known any more.</summary>
    public EncodedCommit? Commit { get; init; }

    /// <summary>An earlier request with the same key did it.</summary>
    public bool IsReplayed { get; init; }
}
