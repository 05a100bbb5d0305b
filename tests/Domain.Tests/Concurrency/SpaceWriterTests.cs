using Cairn.Diagnostics;
using Cairn.Formats;
using Cairn.Model;
using Cairn.Primitives;
using Cairn.Storage;

namespace Cairn.Domain.Tests.Concurrency;

public sealed class SpaceWriterTests
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(10);

    private static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    [Fact]
    public async Task TryRepeat_WhenTheFirstIsNotVisibleYet_DoesNotAnswerBeforeIt()
    {
        var gate = new WriterGate();
        await using var live = await LiveSpace.OpenAsync(new MemorySpaceStore(), new GatedObserver(gate), Cancelled);
        gate.Close(nameof(WriterStep.Applied));
        try
        {
            var position = await live.Space.IngestAsync(Given(live), Cancelled);
            await gate.Reached.WaitAsync(Patience, Cancelled);

            Assert.True(live.Space.Current.Position < position);
            Assert.Null(live.Space.TryRepeat(Given(live)));
            Assert.Null(live.Space.FindCommit("key-1"u8));
            var repeat = Task.Run(() => live.Space.CommitAsync(Given(live), Cancelled).AsTask(), Cancelled);
            gate.Open();

            Assert.True((await repeat).IsDuplicate);
            Assert.Equal(1, live.Space.Current.Get("ada", "born"));
            Assert.Equal(position, live.Space.TryRepeat(Given(live))!.Position);
            Assert.Equal(position, live.Space.FindCommit("key-1"u8)!.Position);
        }
        finally
        {
            gate.Open();
        }
    }

    [Fact]
    public async Task CommitAsync_WhenAnAppendIsUnderWay_GoesWithAllTheOthersInTheNext()
    {
        const int Waiting = 10;
        var gate = new WriterGate();
        await using var live = await LiveSpace.OpenAsync(new GatedStore(new MemorySpaceStore(), gate), SilentEngineObserver.Instance, Cancelled);
        await live.CommitAsync(commit => commit.Set("before", "value", 1), Cancelled);
        var rounds = live.Space.GetStatistics().Rounds;
        gate.Close(GatedStore.BeforeAppend);
        try
        {
            var first = live.CommitAsync(commit => commit.Set("first", "value", 1), Cancelled);
            await gate.Reached.WaitAsync(Patience, Cancelled);
            var others = Enumerable.Range(0, Waiting).Select(i => live.CommitAsync(commit => commit.Set($"c{i}", "value", i), Cancelled)).ToArray();
            SpinWait.SpinUntil(() => live.Space.GetStatistics().Pending == 1 + Waiting, Patience);
            gate.Open();

            await Task.WhenAll([first, .. others]);
            Assert.Equal(rounds + 2, live.Space.GetStatistics().Rounds);
            Assert.Equal(2 + Waiting, live.Space.Current.ConceptCount);
        }
        finally
        {
            gate.Open();
        }
    }

    [Fact]
    public async Task CommitHereAsync_WhenNobodyElseAppends_IsDoneWhenTheCallReturns()
    {
        await using var live = await LiveSpace.OpenAsync(new MemorySpaceStore(), SilentEngineObserver.Instance, Cancelled);

        var commit = live.Space.CommitHereAsync(Given(live), Cancelled);

        Assert.True(commit.IsCompletedSuccessfully, "a lone commit passed to another thread");
        Assert.Equal(OutcomeKind.Committed, (await commit).Kind);
    }

    [Fact]
    public async Task CommitAsync_WhenManyFollowEachOther_LeavesTheThreadAndGathers()
    {
        var gate = new WriterGate();
        await using var live = await LiveSpace.OpenAsync(new GatedStore(new MemorySpaceStore(), gate), new GatedObserver(gate), Cancelled);
        gate.Close(nameof(WriterStep.Gathered));
        try
        {
            // The writer is held where it took the first: a caller that appended itself would be held too.
            var commits = new[] { "a", "b", "c" }.Select(id => live.Space.CommitAsync(live.Encode(commit => commit.Set(id, "value", 1)), Cancelled).AsTask()).ToArray();
            await gate.Reached.WaitAsync(Patience, Cancelled);
            gate.Open();

            await Task.WhenAll(commits);
            Assert.InRange(live.Space.GetStatistics().Rounds, 2, 3);
        }
        finally
        {
            gate.Open();
        }
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(16)]
    public async Task CommitHereAsync_WhenClientsSendAgainAsSoonAsTheyAreAnswered_AnswersAll(int clients)
    {
        const int Each = 300;
        await using var live = await LiveSpace.OpenAsync(new MemorySpaceStore(), SilentEngineObserver.Instance, Cancelled);

        // Now and then one leaves for good, so that those who wait for company get less than they had.
        await Task.WhenAll(Enumerable.Range(0, clients).Select(client => Task.Run(
            async () =>
            {
                for (var i = 0; i < Each / (client + 1); i++)
                {
                    var encoded = live.Encode(commit => commit.Set($"c{client}", "value", i));
                    var commit = client % 3 == 2 ? live.Space.CommitAsync(encoded, Cancelled) : live.Space.CommitHereAsync(encoded, Cancelled);
                    Assert.Equal(OutcomeKind.Committed, (await commit.AsTask().WaitAsync(Patience, Cancelled)).Kind);
                    Assert.Equal(i, live.Space.Current.Get($"c{client}", "value"));
                }
            },
            Cancelled)));

        Assert.Equal(0, live.Space.GetStatistics().Pending);
    }

    [Fact]
    public async Task ConfigureAsync_WhenTheChangeIsRefused_StopsNothing()
    {
        await using var live = await LiveSpace.OpenAsync(new MemorySpaceStore(), SilentEngineObserver.Instance, Cancelled);

        var refused = await Assert.ThrowsAsync<CairnException>(
            async () => await live.Space.ConfigureAsync(settings => settings with { HalfLife = TimeSpan.Zero }, Cancelled));
        await Assert.ThrowsAsync<FormatException>(async () => await live.Space.ConfigureAsync(_ => throw new FormatException(), Cancelled));

        Assert.Equal(ErrorKind.Invalid, refused.Kind);
        Assert.Null(live.Space.Failure);
        Assert.Equal(OutcomeKind.Committed, (await live.CommitAsync(commit => commit.Set("ada", "born", 1), Cancelled)).Kind);
        Assert.Equal(0, live.Space.GetStatistics().Pending);
    }

    private static EncodedCommit Given(LiveSpace live)
    {
        var writer = new CommitWriter(live.Space.Record.Incarnation);
        writer.Begin("key-1"u8, givenByCaller: true, live.Space.Now());
        writer.Set("ada", "born", 1);
        return writer.Finish();
    }
}
