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
            var repeat = live.Space.CommitAsync(Given(live), Cancelled).AsTask();
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
