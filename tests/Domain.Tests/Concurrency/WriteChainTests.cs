using System.Text;
using Cairn.Diagnostics;
using Cairn.Domain.Tests.Reconciliation.Model;
using Cairn.Formats;
using Cairn.Model;
using Cairn.Primitives;
using Cairn.Reconciliation;
using Cairn.Storage;

namespace Cairn.Domain.Tests.Concurrency;

/// <summary>Commits that must not overtake each other.</summary>
public sealed class WriteChainTests
{
    private static readonly Incarnation Hub = new(7);
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(20);

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Commits_WhenOneBeforeThemMayNotBeKept_AreNotAppendedAndComeAgainInOrder()
    {
        var gate = new WriterGate();
        var store = new MemorySpaceStore(isShared: true);
        await using var live = await LiveSpace.OpenAsync(new GatedStore(store, gate), SilentEngineObserver.Instance, Token);
        var chain = new WriteChain();
        await live.Space.CommitAsync(Encode(live, 1), chain, Token);
        gate.Close(GatedStore.BeforeAppend);
        var second = live.Space.CommitAsync(Encode(live, 2), chain, Token).AsTask();
        await gate.Reached.WaitAsync(Patience, Token);

        // It waits in the queue, behind the append whose outcome will not be known.
        var third = live.Space.CommitAsync(Encode(live, 3), chain, Token).AsTask();
        var other = live.Space.CommitAsync(Encode(live, 100, isEvent: false), Token).AsTask();
        gate.Fail(new CairnException(ErrorKind.Unavailable, "no answer"));

        Assert.Equal(ErrorKind.Unavailable, (await Assert.ThrowsAsync<CairnException>(() => second.WaitAsync(Patience, Token))).Kind);
        Assert.Equal(ErrorKind.Unavailable, (await Assert.ThrowsAsync<CairnException>(() => third.WaitAsync(Patience, Token))).Kind);
        Assert.Equal(OutcomeKind.Committed, (await other.WaitAsync(Patience, Token)).Kind);
        Assert.True(chain.IsBroken);
        Assert.Equal(1, live.Space.FindOrigin(Hub, 0)!.Value.Origin.SequenceNumber);
        await Assert.ThrowsAsync<CairnException>(async () => await live.Space.CommitAsync(Encode(live, 4), chain, Token));

        var again = new WriteChain();
        for (var number = 1; number <= 4; number++)
        {
            Assert.Equal(number == 1, (await live.Space.CommitAsync(Encode(live, number), again, Token)).IsDuplicate);
        }

        Assert.Equal(5, live.Space.Current.ConceptCount);
        Assert.Equal(0, live.Space.GetStatistics().Pending);
    }

    [Fact]
    public async Task Commits_WhenOneBeforeThemCanNeverBeKept_GoOn()
    {
        await using var live = await LiveSpace.OpenAsync(new MemorySpaceStore(), SilentEngineObserver.Instance, Token);
        var chain = new WriteChain();
        var ahead = Encode(live, 1, firstSent: live.Space.Now().Plus(TimeSpan.FromHours(1)));

        Assert.Equal(ErrorKind.Invalid, (await Assert.ThrowsAsync<CairnException>(async () => await live.Space.CommitAsync(ahead, chain, Token))).Kind);

        Assert.Equal(OutcomeKind.Committed, (await live.Space.CommitAsync(Encode(live, 2), chain, Token)).Kind);
    }

    [Fact]
    public async Task Origins_WhenTheSpaceIsOpenedFromItsCheckpoint_AreThere()
    {
        var store = new MemorySpaceStore();
        ulong ids = 0;
        SpaceCatalog Open() => new(store, EngineOptions.Default, _ => new(TimeProvider.System, () => Interlocked.Increment(ref ids), SilentEngineObserver.Instance));
        await using (var first = Open())
        {
            var (space, _) = await first.CreateAsync(SpaceName.Parse("demo"), Token);
            await space.CommitAsync(Encode(space, 12), new WriteChain(), Token);
            await space.CheckpointAsync(Token);
        }

        await using var second = Open();
        var opened = (await second.FindAsync(SpaceName.Parse("demo"), Token))!;
        Assert.Equal(12, opened.FindOrigin(Hub, 0)!.Value.Origin.SequenceNumber);
        Assert.True((await opened.CommitAsync(Encode(opened, 11), new WriteChain(), Token)).IsDuplicate);
        Assert.Equal(1, opened.Current.ConceptCount);
    }

    private static EncodedCommit Encode(LiveSpace live, int number, bool isEvent = true, Timestamp? firstSent = null) => Encode(live.Space, number, isEvent, firstSent);

    private static EncodedCommit Encode(Space space, int number, bool isEvent = true, Timestamp? firstSent = null)
    {
        var writer = new CommitWriter(space.Record.Incarnation) { Origin = isEvent ? new Origin(Hub, 0, number) : null };
        writer.Begin(Encoding.ASCII.GetBytes($"made-{number}"), givenByCaller: false, firstSent ?? space.Now());
        writer.Set($"c{number}", "value", 1);
        return writer.Finish();
    }
}
