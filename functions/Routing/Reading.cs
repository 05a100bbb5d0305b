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

    /// <summary>Parameters of every read of a memory.</summary>
    public static readonly string[] Takes = [.. TakesPosition, ValidAtParameter];

    private const string ValidAtParameter = "validAt";

    private const int DefaultWaitMs = 5000;

    // A wait ends before proxies in between lose patience (200 s and more).
    private const int MaxWaitMs = 190_000;

    /// <summary>World time: only what was true then is there; null: all is.</summary>
    public Timestamp? ValidAt { get; private init; }

    /// <summary>What is there.</summary>
    public Visibility Visibility => new(Snapshot, Now, ValidAt);

    /// <exception cref="ProblemException">unknown-space, wrong-token, invalid.</exception>
    /// <exception cref="CairnException">Unavailable, not-yet-visible.</exception>
    public static async ValueTask<Reading> OpenAsync(Call call)
    {
        var space = call.RequireSpace();
        var (asked, wait) = await AskedAsync(call, space);
        var validAt = AskedTime(call);
        await WaitAsync(call, space, asked, wait);
        return Of(call, space, validAt);
    }

    /// <summary>Waits until the view has reached a position; a process that stops ends the wait.</summary>
    /// <exception cref="CairnException">Unavailable, not-yet-visible.</exception>
    public static async ValueTask WaitAsync(Call call, Space space, LogPosition position, TimeSpan wait)
    {
        if (position <= space.Current.Position)
        {
            return;
        }

        using var either = CancellationTokenSource.CreateLinkedTokenSource(call.Aborted, call.Service.Stopping);
        try
        {
            await space.WaitForAsync(position, wait, either.Token);
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
        var texts = PositionTexts.Of(space, snapshot.Position);
        call.Response.Headers[CommitToken.Header] = texts.Token;
        call.Response.Headers["Cairn-Position"] = texts.Position;
        call.Response.Headers["Cairn-Lag-Ms"] = ((long)space.Lag.TotalMilliseconds).ToString(CultureInfo.InvariantCulture);
        return new(space, snapshot, space.Now()) { ValidAt = validAt };
    }

    /// <summary>Walks a scan to its end, in turn with other queries.</summary>
    /// <exception cref="ProblemException">timeout, throttled.</exception>
    public ValueTask<T> RunAsync<T>(Call call, Scan<T> scan) =>
        call.Service.Scans.RunAsync(Space.Record.Name, scan, call.Service.Scans.NewDeadline(), call.Aborted);

    /// <summary>The position that a read must reach, and how long it may take.</summary>
    /// <exception cref="CairnException">Unavailable: a strong read whose storage does not answer.</exception>
    public static async ValueTask<(LogPosition Position, TimeSpan Wait)> AskedAsync(Call call, Space space)
    {
        var asked = await space.FreshenAsync(call.Query.Word("consistency", "eventual", "strong") == 1, call.Aborted);
        foreach (var token in call.Query.All("after"))
        {
            var position = CommitToken.Read(token, space.Record.Name, space.Record.Incarnation);
            asked = position > asked ? position : asked;
        }

        return (asked, Wait(call, DefaultWaitMs));
    }

    /// <summary>How long the request may take to wait for something.</summary>
    public static TimeSpan Wait(Call call, int otherwiseMs) =>
        TimeSpan.FromMilliseconds(Math.Min(call.Query.Integer("wait", 0, int.MaxValue, otherwiseMs), MaxWaitMs));

    private static Timestamp? AskedTime(Call call) => call.Query[ValidAtParameter] is not { } text ? null
        : InstantText.TryParse(Encoding.UTF8.GetBytes(text), out var instant) ? instant
        : throw ProblemException.Parameter(ValidAtParameter, "must be an instant such as 2026-01-31T12:00:00Z; the + of an offset is sent as %2B");
}
