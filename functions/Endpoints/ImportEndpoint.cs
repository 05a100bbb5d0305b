using Cairn.Functions.Answers;
using Cairn.Functions.Requests;
using Cairn.Functions.Routing;
using Cairn.Functions.Streams;
using Cairn.Model;

namespace Cairn.Functions.Endpoints;

/// <summary>POST …/import: a memory of the reference server, or one of ours, line by line.</summary>
internal static class ImportEndpoint
{
    private static readonly TimeSpan ProgressInterval = TimeSpan.FromSeconds(1);

    public static readonly Route[] Routes =
    [
        new("POST", "/v1/spaces/{space}/import", PostAsync) { Takes = ["format", "onExists"], Produces = [MediaTypes.Json, MediaTypes.NdJson] },
    ];

    private static async Task PostAsync(Call call)
    {
        RequestBody.RequireType(call.Request, [MediaTypes.Json, "text/plain", "application/octet-stream", .. MediaTypes.NdJsonNames]);
        var isMemory = call.Query.Word("format", "memory", "ndjson") == 0;
        var onExists = call.Query["onExists"] is { } word ? PolicyReading.OnExists("onExists", word) : isMemory ? OnExists.Skip : OnExists.Replace;
        var key = call.IdempotencyKey is { } text ? CommitIdentity.OfKey(text, IngestEndpoint.MaxKeyLength) : null;
        call.RequireWritable();
        call.AllowSlowBody();
        if (call.Prefer.RespondAsync)
        {
            await ImportJobEndpoint.AcceptAsync(call, isMemory, onExists);
            return;
        }

        using var encoder = call.Service.Encoders.Rent();
        using var lines = new LineSource(RequestBody.Open(call.Request), call.Aborted);
        var any = await lines.MoveNextAsync();
        var run = new ImportRun(await call.RequireOrCreateSpaceAsync(), call.Quota, encoder, new(isMemory, onExists, key), call.Service.Time, call.Aborted);
        await RunAsync(call, lines, any, run);
    }

    private static async Task RunAsync(Call call, LineSource lines, bool any, ImportRun run)
    {
        using var answer = JsonAnswer.Rent();
        var isStreamed = call.Negotiated == MediaTypes.NdJson;
        var time = call.Service.Time;
        var last = time.GetTimestamp();
        await lines.ForEachAsync(any, TakeAsync, run.Rejected);
        await run.EndAsync();
        await AnswerAsync(call, run, answer, isStreamed);

        async ValueTask TakeAsync(ItemSource line)
        {
            await run.AddAsync(line);
            if (isStreamed && time.GetElapsedTime(last) >= ProgressInterval)
            {
                last = time.GetTimestamp();
                await WriteProgressAsync(call, run, answer);
            }
        }
    }

    private static async Task AnswerAsync(Call call, ImportRun run, JsonAnswer answer, bool isStreamed)
    {
        if (!call.Response.HasStarted)
        {
            call.SetToken(run.Position);
        }

        run.Write(answer.Json, call.TokenOf(run.Position));
        if (isStreamed)
        {
            answer.Json.EndLine();
        }

        await answer.SendAsync(call.Response, StatusCodes.Status200OK, call.Aborted, isStreamed ? MediaTypes.NdJson : MediaTypes.Json);
    }

    private static async Task WriteProgressAsync(Call call, ImportRun run, JsonAnswer answer)
    {
        if (!call.Response.HasStarted)
        {
            call.Response.ContentType = MediaTypes.NdJson;
            call.SetToken(call.Space!.Current.Position);
        }

        run.WriteCounts(answer.Json);
        answer.Json.WriteEndObject();
        answer.Json.EndLine();
        await answer.FlushAsync(call.Response, call.Aborted);
    }
}
