using Cairn.Diagnostics;
using Cairn.Domain.Tests.Concurrency;
using Cairn.Domain.Tests.Reconciliation.Model;
using Cairn.Log;
using Cairn.Model;
using Cairn.Primitives;
using Cairn.Reconciliation;
using Cairn.Snapshots;
using Cairn.Snapshots.Checkpoints;
using Cairn.Storage;

namespace Cairn.Domain.Tests.Reconciliation.History;

/// <summary>
/// Runs a scenario on an open space whose log rolls all the time, with checkpoints, purges, openings and collected files in between, remembers the state
/// after each step, and asks for all of them again.
/// </summary>
internal sealed class HistoryRun : IAsyncDisposable
{
    private readonly MemorySpaceStore _store = new(maxFileBytes: 2048);
    private readonly ManualTime _clock = new();
    private readonly EngineOptions _options;
    private readonly List<Known> _known = [];
    private LiveSpace _live = null!;
    private FrameEncoding _encoding = null!;
    private int _made;

    private HistoryRun(TimeSpan retention) => _options = EngineOptions.Default with
    {
        ExpiryGrace = TimeSpan.Zero,
        ExpirySweepInterval = TimeSpan.FromDays(40),
        Checkpoints = CheckpointOptions.Default with { TailOperations = long.MaxValue, ClosingOperations = long.MaxValue, Retention = retention },
    };

    /// <param name="Position">Of the state.</param>
    /// <param name="LogClock">Its log clock.</param>
    /// <param name="Lines">All that is in it.</param>
    /// <param name="IsOneFrame">One frame lies between it and the one before.</param>
    private sealed record Known(LogPosition Position, Timestamp LogClock, List<string> Lines, bool IsOneFrame);

    private Space Space => _live.Space;

    /// <summary>States that were no longer retained, of all that were asked for.</summary>
    public int Gone { get; private set; }

    public int Asked { get; private set; }

    public static async Task<HistoryRun> RunAsync(Scenario scenario)
    {
        var retention = TimeSpan.FromHours(scenario.Steps.Count % 3 is var kind && kind == 0 ? 1 : kind == 1 ? 24 : 24 * 7);
        await using var run = new HistoryRun(retention);
        await run.OpenAsync();
        run.Remember(isOneFrame: false);
        for (var i = 0; i < scenario.Steps.Count; i++)
        {
            await run.TakeAsync(scenario.Steps[i]);
            if (i % 16 == 15)
            {
                await run.RequireAllAsync();
            }
        }

        await run.RequireAllAsync();
        return run;
    }

    public ValueTask DisposeAsync() => _live.DisposeAsync();

    private async Task OpenAsync()
    {
        _live = await LiveSpace.OpenAsync(_store, SilentEngineObserver.Instance, CancellationToken.None, _options, _clock);
        _encoding = new(Space.Record.Incarnation);
    }

    private async Task TakeAsync(Step step)
    {
        _clock.Advance(step.Delay);
        switch (step)
        {
            case Send send:
                var commit = send.Commit with { Requirements = [.. send.Commit.Requirements.Select(requirement => requirement with { Version = Resolve(requirement) })] };
                await SendAsync(send.Id, Timestamp.From(_clock.GetUtcNow()), send.Age, commit);
                Remember(isOneFrame: true);
                break;
            case Configure configure:
                await Space.ConfigureAsync(_ => configure.Settings, CancellationToken.None);
                Remember(isOneFrame: true);
                break;
            case Purge:
                await Space.SweepAsync(CancellationToken.None);
                Remember(isOneFrame: false);
                break;
            case TakeSnapshot or Compact:
                await Space.CheckpointAsync(CancellationToken.None);
                Remember(isOneFrame: false);
                break;
            case Store { Reopens: true }:
                await _live.DisposeAsync();
                await OpenAsync();
                Remember(isOneFrame: false);
                break;
            case Store:
                // Ends a generation, by a frame.
                await Space.CompactAsync(CancellationToken.None);
                Remember(isOneFrame: false);
                break;
            default:
                break;
        }
    }

    private async Task SendAsync(string? id, Timestamp now, TimeSpan age, Commit commit)
    {
        var (firstSent, latest) = (now.Plus(-age), Timestamp.Latest(now.Plus(WriteLog.MaxClockLead), Space.Current.LogClock));
        var encoded = _encoding.Encode(id ?? $"made-{_made++}", id is not null, firstSent, commit);
        try
        {
            // What is known is answered before anybody looks at when it was first sent.
            var outcome = await Space.CommitAsync(encoded, CancellationToken.None);
            Assert.True(firstSent <= latest || outcome.IsDuplicate || outcome.Reason == RejectionReason.Reused, $"{firstSent} is later than {latest}");
        }
        catch (CairnException refused) when (firstSent > latest)
        {
            Assert.Equal("firstSent", refused.Field);
        }
    }

    private LogPosition Resolve(Requirement requirement)
    {
        var snapshot = Space.Current;
        var current = requirement.Key is { } key
            ? snapshot.FindAssociation(new(Integers.Utf8(key.Source), Integers.Utf8(key.Type), Integers.Utf8(key.Target), Integers.Utf8(key.Key))) is var edge and >= 0
                ? snapshot.Association(edge).Version : LogPosition.Zero
            : snapshot.FindConcept(Integers.Utf8(requirement.Id)) is var row and >= 0 ? snapshot.Concept(row).Version : LogPosition.Zero;
        return requirement.Guess == Guess.Current ? current : LogPosition.Zero;
    }

    // A step that wrote nothing (a repeated commit, a sweep in vain) leaves the last state as it is.
    private void Remember(bool isOneFrame)
    {
        var snapshot = Space.Current;
        if (_known.Count == 0 || snapshot.Position > _known[^1].Position)
        {
            _known.Add(new(snapshot.Position, snapshot.LogClock, SnapshotText.Of(snapshot), isOneFrame));
        }
    }

    private async Task RequireAllAsync()
    {
        for (var i = 0; i < _known.Count; i++)
        {
            var known = _known[i];
            await RequireAsync(known, await AsOfAsync(Space.AsOfAsync(known.Position, Timeout.InfiniteTimeSpan, CancellationToken.None)));
            if (i + 1 < _known.Count && _known[i + 1].IsOneFrame)
            {
                await RequireAsync(known, await AsOfAsync(Space.AsOfAsync(new LogPosition(_known[i + 1].Position.Value - 1), Timeout.InfiniteTimeSpan, CancellationToken.None)));
            }

            if (known.LogClock > Space.Record.CreatedAt)
            {
                await RequireAtAsync(known.LogClock);
                await RequireAtAsync(new(known.LogClock.Microseconds - 1));
            }
        }
    }

    private async Task RequireAtAsync(Timestamp time) => await RequireAsync(
        _known.Last(known => known.LogClock <= time), await AsOfAsync(Space.AsOfAsync(time, Timeout.InfiniteTimeSpan, CancellationToken.None)));

    private async Task RequireAsync(Known known, Snapshot? snapshot)
    {
        Asked++;
        if (snapshot is null)
        {
            Gone++;

            // Asked afterwards: while the clock moves, the space lets go by itself what is older than the retention.
            var oldest = await OldestAsync();
            Assert.True(known.Position < oldest, $"{known.Position} is gone, and {oldest} is kept");
            return;
        }

        Assert.Equal(known.Lines, SnapshotText.Of(snapshot));
    }

    private static async Task<Snapshot?> AsOfAsync(ValueTask<Snapshot> asked)
    {
        try
        {
            return await asked;
        }
        catch (CairnException gone) when (gone is { Kind: ErrorKind.NotFound, Problem: "not-retained" })
        {
            return null;
        }
    }

    private async Task<LogPosition> OldestAsync()
    {
        await using var log = _store.OpenLog(Space.Record);
        var files = await log.ListFilesAsync(CancellationToken.None);
        if (files.Count == 0 || files[0] == 0)
        {
            return LogPosition.Zero;
        }

        var newest = (await new ManifestStore(_store.OpenBlobs(Space.Record), Space.Record.Incarnation).FindNewestAsync(CancellationToken.None))!;
        return newest.Kept.Count > 0 ? newest.Kept[0].Position : newest.Position;
    }
}
