using System.Buffers;
using System.IO.Pipelines;
using System.Runtime.CompilerServices;
using System.Text;
using Cairn.Functions.Answers;
using Cairn.Functions.Routing;
using Cairn.Functions.Tokens;
using Cairn.Primitives;
using Cairn.Reconciliation;
using Cairn.Reconciliation.Changes;

namespace Cairn.Functions.Streams;

/// <summary>
/// Changes as server-sent events: one each, its id the cursor behind it. Nothing is read for a client that does not take what it has; a comment every 15 s
/// shows a quiet stream to be alive; the stream ends before proxies in between lose patience, and the client goes on where it was.
/// </summary>
internal static class ChangeEvents
{
    private const int FlushBytes = 64 * 1024;
    private const int PageChanges = 200;
    private static readonly TimeSpan Heartbeat = TimeSpan.FromSeconds(15);
    private static readonly TimeSpan MaxLength = TimeSpan.FromSeconds(190);

    // All who follow a space at its end get the same changes, and so the same bytes.
    private static readonly ConditionalWeakTable<Change, byte[]> Events = [];

    /// <summary>Sends until the stream is over, the client goes away, or the process stops.</summary>
    /// <exception cref="CairnException">Before anything is sent: as <see cref="ChangeReader.ReadAsync"/>.</exception>
    public static async Task SendAsync(Call call, Space space, ChangeReader reader)
    {
        var changes = await reader.ReadAsync(PageChanges, call.Aborted);
        Begin(call, space);
        if (HttpMethods.IsHead(call.Request.Method))
        {
            return;
        }

        using var either = CancellationTokenSource.CreateLinkedTokenSource(call.Aborted, call.Service.Stopping);
        try
        {
            await FollowAsync(call, space, reader, changes, either.Token);
        }
        catch (OperationCanceledException) when (!call.Aborted.IsCancellationRequested)
        {
            // The process stops: the client comes back to another one.
        }
        catch (CairnException gone) when (gone.Kind == ErrorKind.NotFound)
        {
            // The space was closed, or the client is so slow that what it wants next is no longer there: it hears that when it comes back.
        }
    }

    private static void Begin(Call call, Space space)
    {
        Reading.Of(call, space);
        call.Response.StatusCode = StatusCodes.Status200OK;
        call.Response.ContentType = MediaTypes.EventStream;
        call.Response.Headers.CacheControl = "no-store";
        call.Response.Headers["X-Accel-Buffering"] = "no";
    }

    private static async Task FollowAsync(Call call, Space space, ChangeReader reader, IReadOnlyList<Change> changes, CancellationToken cancellationToken)
    {
        var (time, began, body) = (call.Service.Time, call.Service.Time.GetTimestamp(), call.Response.BodyWriter);
        body.Write("retry: 1000\n\n"u8);
        while (true)
        {
            await WriteAsync(body, space, changes, cancellationToken);
            if (MaxLength - time.GetElapsedTime(began) is not { Ticks: > 0 } left)
            {
                return;
            }

            if (changes.Count == 0 && !await reader.WaitAsync(left < Heartbeat ? left : Heartbeat, cancellationToken))
            {
                body.Write(":\n\n"u8);
                continue;
            }

            changes = await reader.ReadAsync(PageChanges, cancellationToken);
        }
    }

    private static async ValueTask WriteAsync(PipeWriter body, Space space, IReadOnlyList<Change> changes, CancellationToken cancellationToken)
    {
        foreach (var change in changes)
        {
            body.Write(Events.GetValue(change, change => Render(space, change)));
            if (body.UnflushedBytes >= FlushBytes)
            {
                await body.FlushAsync(cancellationToken);
            }
        }

        await body.FlushAsync(cancellationToken);
    }

    private static byte[] Render(Space space, Change change)
    {
        using var answer = JsonAnswer.Rent();
        ChangeJson.Write(answer.Json, change);
        var id = ChangeCursor.Of(space.Record.Name, space.Record.Incarnation, change.Position);
        return [.. "id: "u8, .. Encoding.ASCII.GetBytes(id), .. "\ndata: "u8, .. answer.Json.Written.Span, .. "\n\n"u8];
    }
}
