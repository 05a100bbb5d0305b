using Cairn.Formats;
using Cairn.Functions.Answers;
using Cairn.Functions.Json;
using Cairn.Functions.Problems;
using Cairn.Functions.Requests;
using Cairn.Functions.Routing;
using Cairn.Functions.Tokens;
using Cairn.Model;
using Cairn.Primitives;
using Cairn.Reconciliation;

namespace Cairn.Functions.Endpoints;

/// <summary>Writes to the one thing that the path names: a commit of one operation, told in the terms of HTTP.</summary>
internal static class SingleWrites
{
    /// <summary>A write with a body.</summary>
    /// <param name="call">The request.</param>
    /// <param name="target">What it names.</param>
    /// <param name="write">Writes the operation from the body.</param>
    public static async Task PutAsync(Call call, Target target, Action<JsonNode, CommitWriter, FieldRules> write)
    {
        call.RequireWritable();
        using var body = await RequestBody.ReadJsonAsync(call);
        using var encoder = call.Service.Encoders.Rent();
        var root = encoder.Tape.Parse(body.Text);
        await RunAsync(call, target, encoder, (writer, rules) => write(root, writer, rules));
    }

    /// <summary>A write without one.</summary>
    public static async Task DeleteAsync(Call call, Target target, Action<CommitWriter> write)
    {
        call.RequireSpace();
        using var encoder = call.Service.Encoders.Rent();
        await RunAsync(call, target, encoder, (writer, _) => write(writer));
    }

    private static async Task RunAsync(Call call, Target target, CommitEncoder encoder, Action<CommitWriter, FieldRules> write)
    {
        var identity = CommitIdentity.Of(call.IdempotencyKey, null);
        var firstSent = Timestamp.From(call.Service.Time.GetUtcNow());
        var (space, commit) = await SpaceWrite.EncodeAsync(call, encoder, (writer, incarnation, rules) =>
        {
            writer.Begin(identity.Text, identity.GivenByCaller, firstSent);
            write(writer, rules);
            foreach (var (condition, version) in new Conditions(call, incarnation).Preconditions())
            {
                target.Require(writer, condition, version);
            }
        });

        var decision = await CommitFlow.RunAsync(
            call, space, commit, () => new Conditions(call, space.Record.Incarnation).RequireNotNamed(target.FindVersion(space.Current, space.Now())));
        await AnswerAsync(call, space, target, commit, decision);
    }

    private static async Task AnswerAsync(Call call, Space space, Target target, EncodedCommit commit, Decision decision)
    {
        if (decision.Outcome is not { Kind: OutcomeKind.Committed } outcome)
        {
            RequireNotRefused(target, decision.Outcome);
            await CommitEndpoints.AnswerAsync(call, commit, decision);
            return;
        }

        var token = call.SetToken(decision.Position);
        call.Prefer.Apply(call.Response);
        var result = outcome.Results[0];
        if (result.Effect == Effect.Deleted)
        {
            call.Response.StatusCode = StatusCodes.Status204NoContent;
            return;
        }

        if (result.Effect == Effect.Created)
        {
            call.Response.Headers.Location = call.Path;
        }

        using var answer = JsonAnswer.Rent();
        if (call.Prefer.Representation != true || !TryWriteCurrent(call, space, target, answer))
        {
            SetTag(call, space, result.Version);
            OutcomeJson.Write(answer.Json, commit.CommitId, outcome, commit.Body, token);
        }

        await answer.SendAsync(call.Response, result.Effect == Effect.Created ? StatusCodes.Status201Created : StatusCodes.Status200OK, call.Aborted);
    }

    private static bool TryWriteCurrent(Call call, Space space, Target target, JsonAnswer answer)
    {
        var reading = Reading.Of(call, space);
        var row = target.FindRow(reading.Snapshot, reading.Now);
        if (row < 0)
        {
            return false;
        }

        SetTag(call, space, target.VersionOf(reading.Snapshot, row));
        target.Write(answer, reading, row, FieldSelection.Default);
        return true;
    }

    private static void SetTag(Call call, Space space, LogPosition version)
    {
        if (version != LogPosition.Zero)
        {
            call.Response.Headers.ETag = VersionTags.Of(space.Record.Incarnation, version);
        }
    }

    // What a commit would call rejected has a status of its own here, since there is only one thing that it can be about.
    private static void RequireNotRefused(Target target, CommitOutcome? outcome)
    {
        switch (outcome?.Reason)
        {
            case RejectionReason.Missing:
                throw target.Unknown();
            case RejectionReason.Version:
                throw ProblemException.Parameter("If-Match", "does not name the current version", ProblemKinds.PreconditionFailed);
            case RejectionReason.Exists when outcome.Precondition >= 0:
                throw ProblemException.Parameter("If-None-Match", "it exists", ProblemKinds.PreconditionFailed);
        }
    }
}
