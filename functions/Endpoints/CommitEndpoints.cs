using System.Text;
using Cairn.Formats;
using Cairn.Functions.Answers;
using Cairn.Functions.Problems;
using Cairn.Functions.Requests;
using Cairn.Functions.Routing;
using Cairn.Model;
using Cairn.Primitives;

namespace Cairn.Functions.Endpoints;

/// <summary>POST …/commits and GET …/commits/{id}.</summary>
internal static class CommitEndpoints
{
    public static readonly Route[] Routes =
    [
        new("POST", "/v1/spaces/{space}/commits", PostAsync),
        new("GET", "/v1/spaces/{space}/commits/{id}", GetAsync) { Takes = Reading.TakesPosition },
    ];

    private static async Task PostAsync(Call call)
    {
        call.RequireWritable();
        using var body = await RequestBody.ReadJsonAsync(call);
        using var encoder = call.Service.Encoders.Rent();
        var root = encoder.Tape.Parse(body.Text);
        var (key, firstSent) = (call.IdempotencyKey, Timestamp.From(call.Service.Time.GetUtcNow()));
        var (space, commit) = await SpaceWrite.EncodeAsync(
            call, encoder, (writer, _, rules) => CommitReading.Write(root, writer, id => CommitIdentity.Of(key, id), firstSent, rules));
        var decision = await CommitFlow.RunAsync(call, space, commit);
        await AnswerAsync(call, commit, decision);
    }

    /// <summary>The outcome: 200, 202 while it is open, or 409.</summary>
    public static async Task AnswerAsync(Call call, EncodedCommit commit, Decision decision)
    {
        var token = call.SetToken(decision.Position);
        call.Prefer.Apply(call.Response);
        using var answer = JsonAnswer.Rent();
        if (decision.Outcome is not { } outcome)
        {
            await AnswerPendingAsync(call, commit, token, answer);
            return;
        }

        RequireCommitted(commit.CommitId, outcome);
        OutcomeJson.Write(answer.Json, commit.CommitId, outcome, commit.Body, token);
        await answer.SendAsync(call.Response, StatusCodes.Status200OK, call.Aborted);
    }

    public static Task AnswerPendingAsync(Call call, EncodedCommit commit, string token, JsonAnswer answer)
    {
        SetLocation(call, Encoding.ASCII.GetString(commit.CommitId));
        OutcomeJson.WritePending(answer.Json, commit.CommitId, token);
        return answer.SendAsync(call.Response, StatusCodes.Status202Accepted, call.Aborted);
    }

    /// <summary>Where the outcome of a commit will be.</summary>
    public static void SetLocation(Call call, string id) =>
        call.Response.Headers.Location = $"/v1/spaces/{call.SpaceName()}/commits/{Uri.EscapeDataString(id)}";

    /// <exception cref="ProblemException">rejected.</exception>
    public static void RequireCommitted(ReadOnlySpan<byte> id, CommitOutcome? outcome)
    {
        if (outcome is { Kind: OutcomeKind.Rejected })
        {
            throw new ProblemException(Rejected(Encoding.ASCII.GetString(id), OutcomeJson.RejectionOf(outcome)));
        }
    }

    private static Problem Rejected(string id, Rejection rejection)
    {
        var part = rejection switch
        {
            { Operation: { } operation } => $"operation {operation}",
            { Precondition: { } precondition } => $"precondition {precondition}",
            _ => "the commit",
        };
        return new(ProblemKinds.Rejected, $"{part}: {rejection.Reason}; nothing of the commit was applied") { CommitId = id, Rejection = rejection };
    }

    private static async Task GetAsync(Call call)
    {
        var id = call.Name("id", Limits.CommitIdLength);
        var space = call.RequireSpace();
        var asked = await Reading.AskedAsync(call, space);
        var isVisible = true;
        var found = space.FindCommit(id);
        if (found is null)
        {
            // Another process may have decided it.
            await space.FreshenAsync(strong: true, call.Aborted);
            found = space.FindCommit(id);
        }

        if (found is null)
        {
            isVisible = await CommitFlow.IsVisibleAsync(call, space, asked);
            found = space.FindCommit(id);
        }

        var reading = Reading.Of(call, space);
        using var answer = JsonAnswer.Rent();
        if (found is { } outcome)
        {
            // What the commit named is not remembered with its outcome: the results tell effects and versions only.
            OutcomeJson.Write(answer.Json, id, outcome, default, call.SetToken(outcome.Position));
            await answer.SendAsync(call.Response, StatusCodes.Status200OK, call.Aborted);
        }
        else if (call.Service.Refused is { } refused && await refused.FindAsync(space.Record.Incarnation, id, call.Aborted) is { } reason)
        {
            var position = reading.Snapshot.Position;
            OutcomeJson.WriteRefused(answer.Json, id, $"{reason.Kind}: {reason.Detail}", position, call.SetToken(position));
            await answer.SendAsync(call.Response, StatusCodes.Status200OK, call.Aborted);
        }
        else if (!isVisible)
        {
            OutcomeJson.WritePending(answer.Json, id, call.SetToken(asked.Position, asked.Commits is [.., var last] ? last : null));
            await answer.SendAsync(call.Response, StatusCodes.Status202Accepted, call.Aborted);
        }
        else
        {
            throw ProblemException.Of(
                ProblemKinds.NotSeen, $"no commit of that id is known between the positions {space.RememberedSince.Value} and {reading.Snapshot.Position.Value}");
        }
    }
}
