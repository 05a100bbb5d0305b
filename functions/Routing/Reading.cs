using System.Globalization;
using System.Text;
using Cairn.Functions.Hosting;
using Cairn.Functions.Json;
using Cairn.Functions.Lookups;
using Cairn.Functions.Problems;
using Cairn.Functions.Tokens;
using Cairn.Primitives;
using Cairn.Query;
using Cairn.Reconciliation;
using Cairn.Snapshots;
using Cairn.Storage;

namespace Cairn.Functions.Routing;

/// <summary>What one read works on: a snapshot that is at least what was asked for, and the time, taken once.</summary>
internal sealed record Reading(SpaceRecord Record, Snapshot Snapshot, Timestamp Now)
{
    /// <summary>Says that an answer comes from the lookups index.</summary>
    public const string SourceHeader = "Cairn-Source";

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

    /// <summary>The space that the request holds. Not there where the snapshot comes from the lookups index, for reads that take that.</summary>
    public Space Space { get => field ?? throw new CairnException(ErrorKind.Internal, "the read looked up what it needs, and does not hold the space"); private init; }

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
    public static ValueTask<Reading> OpenAsync(Call call) => OpenAsync(call, null);

    /// <summary>As the other one, for a list whose pages are all of one state: that of the first, which the cursor names.</summary>
    public static ValueTask<Reading> OpenPinnedAsync(Call call) => OpenAsync(call, null, isPinned: true);

    /// <summary>As the other one, for a read that a lookups index may answer while the space is not open here.</summary>
    /// <param name="call">The request.</param>
    /// <param name="lookup">What the read needs; null: the space.</param>
    /// <param name="isPinned">As of <see cref="OpenPinnedAsync"/>.</param>
    public static async ValueTask<Reading> OpenAsync(Call call, ILookup? lookup, bool isPinned = false)
    {
        if (call.Cold is { } cold)
        {
            if (lookup is not null && await TryLookUpAsync(call, cold, lookup) is { } found)
            {
                return found;
            }

            await call.LoadAsync();
        }

        var space = call.RequireSpace();
        var asked = await AskedAsync(call, space);
        var (validAt, asOf) = (AskedTime(call), Routing.AsOf.Of(call, space, isPinned));
        if (asOf?.EndsBehind(space.Current) is true)
        {
            // Whatever is durable by now, and lies before it, belongs to it.
            asked = asked.With(asOf.Value.Within(await space.FreshenAsync(strong: true, call.Aborted)));
        }

        await WaitAsync(call, space, asked);
        return asOf is { } earlier ? await OpenAsync(call, space, earlier) with { ValidAt = validAt } : Of(call, space, validAt);
    }

    // What asks for more than the index is sure to have waits for the space.
    private static async ValueTask<Reading?> TryLookUpAsync(Call call, ColdSpace cold, ILookup lookup)
    {
        var isOfNow = call.Query.Word("consistency", "eventual", "strong") == 0 && call.Query[Routing.AsOf.Parameter] is null;
        var tokens = call.Query.All("after").Select(token => CommitToken.Read(token, cold.Record.Name, cold.Record.Incarnation));
        var validAt = AskedTime(call);
        if (!isOfNow || tokens.Any(token => token.CommitId is not null || token.Position > cold.Watermark.Position))
        {
            return null;
        }

        // Nothing is waited for; one that makes no sense is refused all the same.
        _ = Wait(call, DefaultWaitMs);
        if (await call.Service.Lookups!.FindAsync(cold, lookup, call.Aborted) is not { } snapshot)
        {
            return null;
        }

        var (headers, time) = (call.Response.Headers, call.Service.Time);
        headers[SourceHeader] = "lookups";
        headers["Cairn-Position"] = cold.Watermark.Position.Value.ToString(CultureInfo.InvariantCulture);
        headers["Cairn-Lag-Ms"] = Math.Max(0, (long)Timestamp.From(time.GetUtcNow()).Since(cold.Watermark.CurrentAt).TotalMilliseconds).ToString(CultureInfo.InvariantCulture);
        call.SetToken(cold.Watermark.Position);
        return new(cold.Record, snapshot, cold.Now(time)) { ValidAt = validAt };
    }

    // Its time is the log's there: what had not expired by then is in it, and strengths are those of then.
    private static async ValueTask<Reading> OpenAsync(Call call, Space space, AsOf asOf)
    {
        var deadline = call.Service.Scans.NewDeadline();
        var snapshot = await asOf.FindAsync(space, deadline.Remaining, call.Aborted);
        SetHeaders(call, space, snapshot.Position, space.Current.Position);
        return new(space.Record, snapshot, snapshot.LogClock) { Space = space, AsOf = asOf, Deadline = deadline };
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
        return new(space.Record, snapshot, space.Now()) { Space = space, ValidAt = validAt };
    }

    /// <summary>The same of a later snapshot, which the answer is of. An index may have been brought to one that is published in a moment: until then, others would be answered of an earlier one.</summary>
    public async ValueTask<Reading> AtAsync(Call call, Snapshot later)
    {
        if (later == Snapshot)
        {
            return this;
        }

        await WaitAsync(call, Space, later.Position, TimeSpan.FromMilliseconds(DefaultWaitMs));

        SetHeaders(call, Space, later.Position, later.Position);
        return this with { Snapshot = later };
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
        call.Service.Scans.RunAsync(Record.Name, scan, Deadline ?? call.Service.Scans.NewDeadline(), call.Aborted);

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

    /// <summary>The world time that the request asks for; null: none.</summary>
    /// <exception cref="ProblemException">invalid.</exception>
    public static Timestamp? AskedTime(Call call) => call.Query[ValidAtParameter] is not { } text ? null
        : InstantText.TryParse(Encoding.UTF8.GetBytes(text), out var instant) ? instant
        : throw ProblemException.Parameter(ValidAtParameter, "must be an instant such as 2026-01-31T12:00:00Z; the + of an offset is sent as %2B");
}
