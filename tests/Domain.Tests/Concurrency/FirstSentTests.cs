using System.Text;
using Cairn.Diagnostics;
using Cairn.Formats;
using Cairn.Log;
using Cairn.Model;
using Cairn.Primitives;
using Cairn.Storage;

namespace Cairn.Domain.Tests.Concurrency;

/// <summary>Commits that another process's clock stamped, ahead of the one that appends them.</summary>
public sealed class FirstSentTests
{
    private static readonly TimeSpan Window = SpaceSettings.Default.IdempotencyWindow;
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(20);
    private readonly ManualTime _time = new();

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    private Timestamp Now => Timestamp.From(_time.GetUtcNow());

    [Fact]
    public async Task Commit_WhenItWasFirstSentAheadOfTheLogClock_IsKnownUntilItIsExpired()
    {
        await using var live = await OpenAsync();
        var (lead, second) = (TimeSpan.FromSeconds(4), TimeSpan.FromSeconds(1));
        var commit = Encode(live, "key", "a", Now.Plus(lead));
        var first = await live.Space.CommitAsync(commit, Token);
        Assert.Equal(OutcomeKind.Committed, first.Kind);

        // Behind the window as the clock of this process counts it, and not as that of the other one does.
        await PassAsync(live, Window + second);
        var again = await live.Space.CommitAsync(commit, Token);
        Assert.Equal((true, first.Position), (again.IsDuplicate, again.Position));

        await PassAsync(live, lead);
        var late = await live.Space.CommitAsync(commit, Token);
        Assert.Equal((OutcomeKind.Rejected, RejectionReason.Expired), (late.Kind, late.Reason));
    }

    [Fact]
    public async Task Commit_WhenItSaysItIsTooFarAhead_IsRefusedAndTheOthersOfItsGroupAreNot()
    {
        var gate = new WriterGate();
        await using var live = await OpenAsync(new GatedStore(new MemorySpaceStore(), gate));
        await live.Space.CommitAsync(Encode(live, null, "before", Now), Token);
        gate.Close(GatedStore.BeforeAppend);
        var first = live.Space.CommitAsync(Encode(live, null, "first", Now), Token).AsTask();
        await gate.Reached.WaitAsync(Patience, Token);
        var ahead = Encode(live, "ahead", "ahead", Now.Plus(WriteLog.MaxClockLead + TimeSpan.FromSeconds(1)));
        var refused = live.Space.CommitAsync(ahead, Token).AsTask();
        var other = live.Space.CommitAsync(Encode(live, null, "other", Now), Token).AsTask();
        gate.Open();

        var failure = await Assert.ThrowsAsync<CairnException>(() => refused.WaitAsync(Patience, Token));
        Assert.Equal((ErrorKind.Invalid, "limit", "firstSent"), (failure.Kind, failure.Problem, failure.Field));
        Assert.Equal((5L, 6L), (failure.Limit, failure.Actual));
        Assert.Equal([OutcomeKind.Committed, OutcomeKind.Committed], (await Task.WhenAll(first, other)).Select(static outcome => outcome.Kind));
        Assert.Equal(Now, live.Space.Current.LogClock);
        Assert.Equal(0, live.Space.GetStatistics().Pending);

        // Nothing of it was kept: it is an ordinary commit when its time has come.
        _time.Advance(TimeSpan.FromSeconds(1));
        Assert.Equal(OutcomeKind.Committed, (await live.Space.CommitAsync(ahead, Token)).Kind);
    }

    [Fact]
    public async Task Commits_WhenEachIsAsFarAheadAsItMayBe_DoNotPushTheLogClockOnAndOn()
    {
        await using var live = await OpenAsync();
        var latest = Now.Plus(WriteLog.MaxClockLead);
        await live.Space.CommitAsync(Encode(live, "a", "a", latest), Token);
        Assert.Equal(latest, live.Space.Current.LogClock);

        await live.Space.CommitAsync(Encode(live, "b", "b", live.Space.Now()), Token);
        var failure = await Assert.ThrowsAsync<CairnException>(async () => await live.Space.CommitAsync(Encode(live, "c", "c", latest.Plus(TimeSpan.FromTicks(10))), Token));

        Assert.Equal(ErrorKind.Invalid, failure.Kind);
        Assert.Equal(latest, live.Space.Current.LogClock);
    }

    // The log clock moves with what is appended.
    private async Task PassAsync(LiveSpace live, TimeSpan span)
    {
        _time.Advance(span);
        await live.Space.CommitAsync(Encode(live, null, $"at-{Now.Microseconds}", Now), Token);
    }

    private Task<LiveSpace> OpenAsync(ISpaceStore? store = null) =>
        LiveSpace.OpenAsync(store ?? new MemorySpaceStore(), SilentEngineObserver.Instance, Token, time: _time);

    private static EncodedCommit Encode(LiveSpace live, string? key, string id, Timestamp firstSent)
    {
        var writer = new CommitWriter(live.Space.Record.Incarnation);
        writer.Begin(Encoding.ASCII.GetBytes(key ?? $"made-{id}"), givenByCaller: key is not null, firstSent);
        writer.Set(id, "value", 1);
        return writer.Finish();
    }
}
