using Cairn.Functions.Answers;
using Cairn.Functions.Routing;
using Cairn.Functions.Streams;
using Cairn.Functions.Tokens;
using Cairn.Primitives;
using Cairn.Reconciliation;
using Cairn.Reconciliation.Changes;

namespace Cairn.Functions.Endpoints;

/// <summary>GET …/changes: a page, a long poll, or a stream of server-sent events.</summary>
internal static class ChangesEndpoint
{
    private const string SinceParameter = "since";
    private const string LastEventId = "Last-Event-ID";

    public static readonly Route[] Routes =
    [
        new("GET", "/v1/spaces/{space}/changes", GetAsync) { Takes = [SinceParameter, "limit", "wait"], Produces = [MediaTypes.Json, MediaTypes.EventStream] },
    ];

    private static async Task GetAsync(Call call)
    {
        var space = call.RequireSpace();
        var (limit, wait) = (Paging.Limit(call), Reading.Wait(call, otherwiseMs: 0));
        var since = Since(call, space);

        // A cursor of another process may lie ahead of this one's view.
        await space.FreshenAsync(strong: since > space.Current.Position, call.Aborted);
        using var reader = space.ReadChanges(since);
        if (call.Negotiated == MediaTypes.EventStream)
        {
            await ChangeEvents.SendAsync(call, space, reader);
            return;
        }

        var changes = await reader.ReadAsync(limit, call.Aborted);
        if (changes.Count == 0 && wait > TimeSpan.Zero)
        {
            changes = await PollAsync(call, reader, limit, wait);
        }

        Reading.Of(call, space);
        await AnswerAsync(call, changes, ChangeCursor.Of(space.Record.Name, space.Record.Incarnation, reader.Position));
    }

    // A client that lost its stream goes on where that ended, whatever its first request said.
    private static LogPosition Since(Call call, Space space) => call.Single(LastEventId) is { Length: > 0 } last
        ? ChangeCursor.Read(last, space.Record.Name, space.Record.Incarnation, LastEventId)
        : call.Query[SinceParameter] is { } since and not "0"
            ? ChangeCursor.Read(since, space.Record.Name, space.Record.Incarnation, SinceParameter)
            : LogPosition.Zero;

    // What comes may be no change (a purge, a rejected commit): then the wait goes on.
    private static async Task<IReadOnlyList<Change>> PollAsync(Call call, ChangeReader reader, int limit, TimeSpan wait)
    {
        var began = call.Service.Time.GetTimestamp();
        using var either = CancellationTokenSource.CreateLinkedTokenSource(call.Aborted, call.Service.Stopping);
        try
        {
            while (wait - call.Service.Time.GetElapsedTime(began) is var left && left > TimeSpan.Zero && await reader.WaitAsync(left, either.Token))
            {
                if (await reader.ReadAsync(limit, either.Token) is { Count: > 0 } changes)
                {
                    return changes;
                }
            }
        }
        catch (OperationCanceledException) when (!call.Aborted.IsCancellationRequested)
        {
            throw Hosting.Service.Refusal();
        }

        return [];
    }

    private static async Task AnswerAsync(Call call, IReadOnlyList<Change> changes, string next)
    {
        using var answer = JsonAnswer.Rent();
        answer.Json.WriteStartObject();
        answer.Json.WriteStartArray("items"u8);
        foreach (var change in changes)
        {
            ChangeJson.Write(answer.Json, change);
            await answer.FlushIfLargeAsync(call.Response, call.Aborted);
        }

        answer.Json.WriteEndArray();
        answer.Json.WriteString("next"u8, next);
        answer.Json.WriteEndObject();
        await answer.SendAsync(call.Response, StatusCodes.Status200OK, call.Aborted);
    }
}
