using System.Text;
using Cairn.Formats;
using Cairn.Functions.Problems;
using Cairn.Functions.Quotas;
using Cairn.Functions.Routing;
using Cairn.Model;
using Cairn.Primitives;
using Cairn.Reconciliation;

namespace Cairn.Functions.Endpoints;

/// <summary>How a commit fared.</summary>
/// <param name="Outcome">Null: durable and not decided within the time that the caller gives it.</param>
/// <param name="Position">Covers the commit.</param>
internal readonly record struct Decision(CommitOutcome? Outcome, LogPosition Position);

/// <summary>Takes one commit through the log as its request prefers.</summary>
internal static class CommitFlow
{
    /// <param name="call">Its request.</param>
    /// <param name="space">Where it goes.</param>
    /// <param name="commit">What goes.</param>
    /// <param name="require">Checks what no precondition can say, unless the commit only repeats.</param>
    /// <exception cref="ProblemException">outcome-unknown, with the commit's id; idempotency-key-reused.</exception>
    public static async Task<Decision> RunAsync(Call call, Space space, EncodedCommit commit, Action? require = null)
    {
        var outcome = space.TryRepeat(commit);
        if (outcome is null)
        {
            require?.Invoke();
            var decision = await AppendAsync(call, space, commit);
            if (decision.Outcome is null)
            {
                return decision;
            }

            outcome = decision.Outcome;
        }

        if (outcome.Reason == RejectionReason.Reused)
        {
            throw ProblemException.Of(ProblemKinds.IdempotencyKeyReused, "the commit's id was used before with another body");
        }

        if (outcome.IsDuplicate)
        {
            MarkReplayed(call);
        }

        return new(outcome, outcome.Position);
    }

    /// <summary>Tells the caller that an earlier request with its key did this.</summary>
    public static void MarkReplayed(Call call) => call.Response.Headers["Cairn-Replayed"] = "true";

    /// <summary>Takes it through the log, without a look at what its id may have become before.</summary>
    /// <exception cref="ProblemException">outcome-unknown, with the commit's id.</exception>
    /// <exception cref="CairnException">quota.</exception>
    public static async Task<Decision> AppendAsync(Call call, Space space, EncodedCommit commit)
    {
        if (Room.Refusal(call.Quota, space, commit) is { } refusal)
        {
            throw refusal;
        }

        try
        {
            if (!call.Prefer.RespondAsync && call.Prefer.Wait is null)
            {
                // A commit on its way is not called back when its client goes: there is nothing to wait less for.
                var outcome = await space.CommitHereAsync(commit, CancellationToken.None);
                return new(outcome, outcome.Position);
            }

            return await IngestAsync(call, space, commit);
        }
        catch (CairnException e) when (e.Kind == ErrorKind.Unknown)
        {
            throw new ProblemException(ProblemMap.Of(e) with { CommitId = Encoding.ASCII.GetString(commit.CommitId) });
        }
    }

    private static async Task<Decision> IngestAsync(Call call, Space space, EncodedCommit commit)
    {
        var position = await space.IngestAsync(commit, call.Aborted);
        if (call.Prefer.Wait is { } wait && await IsVisibleAsync(call, space, new(position, [], wait)))
        {
            return new(OutcomeAt(space, commit, position), position);
        }

        return new(null, position);
    }

    // Of two under way with one id, the one that came first is at the position of its outcome; the other repeats it, or has another body.
    private static CommitOutcome? OutcomeAt(Space space, EncodedCommit commit, LogPosition position)
    {
        var first = space.FindCommit(commit.CommitId);
        return first?.Position == position ? first : space.TryRepeat(commit) ?? first;
    }

    /// <summary>Waits until the view has reached what was asked for; false: not within the wait.</summary>
    public static async Task<bool> IsVisibleAsync(Call call, Space space, Asked asked)
    {
        try
        {
            await Reading.WaitAsync(call, space, asked);
            return true;
        }
        catch (CairnException e) when (e.Problem == ProblemKinds.NotYetVisible)
        {
            return false;
        }
    }
}
