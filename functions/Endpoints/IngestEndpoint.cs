using Cairn.Functions.Answers;
using Cairn.Functions.Requests;
using Cairn.Functions.Routing;
using Cairn.Functions.Streams;
using Cairn.Primitives;

namespace Cairn.Functions.Endpoints;

/// <summary>POST …/ingest: bursts, as NDJSON or <c>{"commits":[…]}</c>, of any length.</summary>
internal static class IngestEndpoint
{
    /// <summary>Characters of an Idempotency-Key: a line's number comes behind it.</summary>
    public const int MaxKeyLength = 112;

    public static readonly Route[] Routes = [new("POST", "/v1/spaces/{space}/ingest", PostAsync) { Takes = ["ids"] }];

    private static async Task PostAsync(Call call)
    {
        RequestBody.RequireType(call.Request, [MediaTypes.Json, .. MediaTypes.NdJsonNames]);
        var key = call.IdempotencyKey is { } text ? CommitIdentity.OfKey(text, MaxKeyLength) : null;
        var wantsIds = call.Query.Word("ids", "false", "true") == 1;
        call.RequireWritable();
        call.AllowSlowBody();
        using var encoder = call.Service.Encoders.Rent();
        using var items = SourceOf(call);
        var any = await items.MoveNextAsync();
        var space = await call.RequireOrCreateSpaceAsync();
        var lane = call.Service.Hub is { } hub ? await hub.LaneAsync(space.Record.Name, call.Aborted) : null;
        var run = new IngestRun(call, space, encoder, key, wantsIds, lane);
        await items.ForEachAsync(any, run.AddAsync, run.Rejected);
        await run.EndAsync(call.Prefer.Wait ?? TimeSpan.Zero, call.Aborted);
        await AnswerAsync(call, run);
    }

    private static ItemSource SourceOf(Call call)
    {
        var stream = RequestBody.Open(call.Request);
        return MediaTypes.IsJson(call.Request.ContentType) ? new ArraySource(stream, "commits", call.Aborted) : new LineSource(stream, call.Aborted);
    }

    private static async Task AnswerAsync(Call call, IngestRun run)
    {
        var token = call.SetToken(run.Position > LogPosition.Zero ? run.Position : call.Space!.Current.Position, run.LastPublished);
        call.Prefer.Apply(call.Response);
        using var answer = JsonAnswer.Rent();
        var json = answer.Json;
        json.WriteStartObject();
        json.WriteNumber("accepted"u8, run.Accepted);
        run.Rejected.Write(json);
        if (run.Rejected.IsCut)
        {
            json.WriteNumber("rejectedCount"u8, run.Rejected.Count);
        }

        json.WriteString("token"u8, token);
        run.WriteIds(json);
        if (run.HasOutcomes)
        {
            json.WriteStartObject("outcomes"u8);
            json.WriteNumber("committed"u8, run.Committed);
            json.WriteNumber("rejected"u8, run.Accepted - run.Committed);
            json.WriteEndObject();
        }

        json.WriteEndObject();
        await answer.SendAsync(call.Response, run.HasOutcomes ? StatusCodes.Status200OK : StatusCodes.Status202Accepted, call.Aborted);
    }
}
