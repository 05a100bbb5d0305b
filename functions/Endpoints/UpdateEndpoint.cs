using System.Text;
using Cairn.Functions.Answers;
using Cairn.Functions.Requests;
using Cairn.Functions.Routing;

namespace Cairn.Functions.Endpoints;

/// <summary>POST …/update: one change to all concepts that match, as one commit.</summary>
internal static class UpdateEndpoint
{
    /// <summary>Ids that a dry run shows.</summary>
    private const int SampleSize = 10;

    public static readonly Route[] Routes = [new("POST", "/v1/spaces/{space}/update", PostAsync) { Takes = Reading.TakesPosition }];

    private static async Task PostAsync(Call call)
    {
        call.RequireSpace();
        using var body = await RequestBody.ReadJsonAsync(call);
        using var encoder = call.Service.Encoders.Rent();
        var request = UpdateRequest.Read(encoder.Tape.Parse(body.Text));
        var reading = await Reading.OpenAsync(call);
        var run = new UpdateRun(call, encoder, request);
        run.Check(reading);
        if (request.IsDryRun)
        {
            await AnswerDryRunAsync(call, run, reading);
        }
        else
        {
            await AnswerAsync(call, await run.RunAsync(reading));
        }
    }

    private static async Task AnswerDryRunAsync(Call call, UpdateRun run, Reading reading)
    {
        var matches = await run.CountAsync(reading, SampleSize);
        using var answer = JsonAnswer.Rent();
        answer.Json.WriteStartObject();
        answer.Json.WriteNumber("matched"u8, matches.Count);
        answer.Json.WriteStartArray("sample"u8);
        foreach (var row in matches.Rows)
        {
            answer.Json.WriteStringValue(reading.Snapshot.Concept(row).Id);
        }

        answer.Json.WriteEndArray();
        answer.Json.WriteEndObject();
        await answer.SendAsync(call.Response, StatusCodes.Status200OK, call.Aborted);
    }

    private static async Task AnswerAsync(Call call, Updated updated)
    {
        var token = call.SetToken(updated.Position);
        call.Prefer.Apply(call.Response);
        if (updated.IsReplayed)
        {
            CommitFlow.MarkReplayed(call);
        }

        CommitEndpoints.RequireCommitted(updated.CommitId, updated.Outcome);
        using var answer = JsonAnswer.Rent();
        answer.Json.WriteStartObject();
        answer.Json.WriteNumber("matched"u8, updated.Matched);
        answer.Json.WritePropertyName("outcome"u8);
        var status = WriteOutcome(call, answer, updated, token);
        answer.Json.WriteEndObject();
        await answer.SendAsync(call.Response, status, call.Aborted);
    }

    private static int WriteOutcome(Call call, JsonAnswer answer, Updated updated, string token)
    {
        if (updated.CommitId is not { } id)
        {
            answer.Json.WriteNullValue();
            return StatusCodes.Status200OK;
        }

        if (updated.Outcome is { } outcome)
        {
            OutcomeJson.Write(answer.Json, id, outcome, updated.Commit is { } commit ? commit.Body : default, token);
            return StatusCodes.Status200OK;
        }

        CommitEndpoints.SetLocation(call, Encoding.ASCII.GetString(id));
        OutcomeJson.WritePending(answer.Json, id, token);
        return StatusCodes.Status202Accepted;
    }
}
