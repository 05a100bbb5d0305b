using System.Globalization;
using System.Text;
using Cairn.Functions.Hosting;
using Cairn.Functions.Json;
using Cairn.Functions.Problems;
using Cairn.Functions.Tokens;
using Cairn.Primitives;
using Cairn.Query;
using Cairn.Reconciliation;
using Cairn.Snapshots;

namespace Cairn.Functions.Routing;

/// <summary>What one read works on: a snapshot that is at least what was asked for, and the time, taken once.</summary>
internal sealed record Reading(Space Space, Snapshot Snapshot, Timestamp Now)
{
    /// <summary>Parameters of what tells of a space and its commits, not of what is remembered in it.</summary>
    public static readonly string[] TakesPosition = ["consistency", "after*", "wait"];

    /// <summary>Parameters of what tells of a state, which may be an earlier one.</summary>
    public static readonly string[] TakesState = [.. TakesPosition, Routing.AsOf.Parameter];

    /// <summary>Parameters of every read of a memory.</summary>
    public static readonly string[] Takes = [.. TakesState, ValidAtParameter];

    private const string ValidAtParameter = "validAt";

    /// <summary>How long a request waits at most if it does not say.</summary>
    public const int DefaultWaitMs = 5000;

    // A wait ends before proxies in between lose patience (200 s and more).
    private const int MaxWaitMs = 190_000;

    /// <summary>World time: only what was true then is there; null: all is.</summary>
    public Timestamp? ValidAt { get; private init; }

    /// <summary>The earlier state that was asked for; null: it is the newest.</summary>
    public AsOf? AsOf { get; private init; }

    /// <summary>When the queries of this request have to end, if that began with finding the state.</summary>
    public Deadline? Deadline { get; private init; }

    /// <summary>What is there.</summary>
    public Visibility Visibility => new(Snapshot, Now, ValidAt);

    /// <exception cref="ProblemException">unknown-space, wrong-token, invalid.</exception>
    /// <exception cref="CairnException">Unavailable, not-yet-visible.</exception>
    public static async ValueTask<Reading> OpenAsync(Call call)
    {
        var space = call.RequireSpace();
        var asked = await AskedAsync(call, space);
        var (validAt, asOf) = (AskedTime(call), Routing.AsOf.Of(call, space));
        if (asOf?.EndsBehind(space.Current) is true)
        {
            // Whatever is durable by now, and lies before it, belongs to it.
            asked = asked.With(asOf.Value.Within(await space.FreshenAsync(strong: true, call.Aborted)));
        }

        await WaitAsync(call, space, asked);
        return asOf is { } earlier ? await OpenAsync(call, space, earlier) with { ValidAt = validAt } : Of(call, space, validAt);
    }

    // Its time is the log's there: what had not expired by then is in it, and strengths are those of then.
    private static async ValueTask<Reading> OpenAsync(Call call, Space space, AsOf asOf)
    {
        var deadline = call.Service.Scans.NewDeadline();
        var snapshot = await asOf.FindAsync(space, deadline.Remaining, call.Aborted);
        SetHeaders(call, space, snapshot.Position, space.Current.Position);
        return new(space, snapshot, snapshot.LogClock) { AsOf = asOf, Deadline = deadline };
    }

    /// <summary>Waits until the view has reached a position; a process that stops ends the wait.</summary>
    /// <exception cref="CairnException">Unavailable, not-yet-visible.</exception>
    public static ValueTask WaitAsync(Call call, Space space, LogPosition position, TimeSpan wait) => WaitAsync(call, space, new Asked(position, [], wait));

    /// <summary>Waits until the view has reached what was asked for; a process that stops ends the wait.</summary>
    /// <exception cref="CairnException">Unavailable, not-yet-visible.</exception>
    public static async ValueTask WaitAsync(Call call, Space space, Asked asked)
    {
        if (asked.Position <= space.Current.Position && asked.Commits.Count == 0)
        {
            return;
        }

        using var either = CancellationTokenSource.CreateLinkedTokenSource(call.Aborted, call.Service.Stopping);
        try
        {
            var began = call.Service.Time.GetTimestamp();
            await space.WaitForAsync(asked.Position, asked.Wait, either.Token);
            foreach (var id in asked.Commits)
            {
                var left = asked.Wait - call.Service.Time.GetElapsedTime(began);
                if (!await IsDecidedAsync(call, space, id, left, either.Token))
                {
                    throw NotYetSeen(id);
                }
            }
        }
        catch (OperationCanceledException) when (!call.Aborted.IsCancellationRequested)
        {
            throw Service.Refusal();
        }
    }

    /// <summary>The newest snapshot, with the headers that say how new it is.</summary>
    public static Reading Of(Call call, Space space, Timestamp? validAt = null)
    {
        var snapshot = space.Current;
        SetHeaders(call, space, snapshot.Position, snapshot.Position);
        return new(space, snapshot, space.Now()) { ValidAt = validAt };
    }

    // The token of an earlier state would lead a client that keeps the last one that it saw back behind its own writes: it gets that of the newest.
    private static void SetHeaders(Call call, Space space, LogPosition position, LogPosition newest)
    {
        var texts = PositionTexts.Of(space, newest);
        call.Response.Headers[CommitToken.Header] = texts.Token;
        call.Response.Headers["Cairn-Position"] = position == newest ? texts.Position : position.Value.ToString(CultureInfo.InvariantCulture);
        call.Response.Headers["Cairn-Lag-Ms"] = ((long)space.Lag.TotalMilliseconds).ToString(CultureInfo.InvariantCulture);
    }

    /// <summary>Walks a scan to its end, in turn with other queries.</summary>
    /// <exception cref="ProblemException">timeout, throttled.</exception>
    public ValueTask<T> RunAsync<T>(Call call, Scan<T> scan) =>
        call.Service.Scans.RunAsync(Space.Record.Name, scan, Deadline ?? call.Service.Scans.NewDeadline(), call.Aborted);

    /// <summary>What a read must have reached.</summary>
    /// <exception cref="CairnException">Unavailable: a strong read whose storage does not answer.</exception>
    public static async ValueTask<Asked> AskedAsync(Call call, Space space)
    {
        var position = await space.FreshenAsync(call.Query.Word("consistency", "eventual", "strong") == 1, call.Aborted);
        var asked = new Asked(position, [], Wait(call, DefaultWaitMs));
        foreach (var text in call.Query.All("after"))
        {
            var token = CommitToken.Read(text, space.Record.Name, space.Record.Incarnation);
            asked = asked.With(token.Position);
            asked = token.CommitId is { } id ? asked with { Commits = [.. asked.Commits, id] } : asked;
        }

        return asked;
    }

    // Refused before the wait, or meanwhile: then it is in no log.
    private static async ValueTask<bool> IsDecidedAsync(Call call, Space space, byte[] id, TimeSpan wait, CancellationToken cancellationToken) =>
        space.FindCommit(id) is not null || await IsRefusedAsync(call, space, id)
        || await space.WaitForCommitAsync(id, wait, cancellationToken) is not null || await IsRefusedAsync(call, space, id);

    private static async ValueTask<bool> IsRefusedAsync(Call call, Space space, byte[] id) =>
        call.Service.Refused is { } refused && await refused.FindAsync(space.Record.Incarnation, id, call.Aborted) is not null;

    private static CairnException NotYetSeen(byte[] id) => new(ErrorKind.Unavailable, $"the commit {Encoding.ASCII.GetString(id)} is on its way through the hub, and not visible yet")
    {
        Problem = ProblemKinds.NotYetVisible,
        RetryAfter = TimeSpan.FromSeconds(1),
    };

    /// <summary>How long the request may take to wait for something.</summary>
    public static TimeSpan Wait(Call call, int otherwiseMs) =>
        TimeSpan.FromMilliseconds(Math.Min(call.Query.Integer("wait", 0, int.MaxValue, otherwiseMs), MaxWaitMs));

    private static Timestamp? AskedTime(Call call) => call.Query[ValidAtParameter] is not { } text ? null
        : InstantText.TryParse(Encoding.UTF8.GetBytes(text), out var instant) ? instant
        : throw ProblemException.Parameter(ValidAtParameter, "must be an instant such as 2026-01-31T12:00:00Z; the + of an offset is sent as %2B");
}
