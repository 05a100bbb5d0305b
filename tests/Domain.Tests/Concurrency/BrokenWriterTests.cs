using Cairn.Diagnostics;
using Cairn.Primitives;
using Cairn.Storage;

namespace Cairn.Domain.Tests.Concurrency;

/// <summary>A fault in the writer's own steps stops the space and is told; nobody is left waiting for good.</summary>
public sealed class BrokenWriterTests
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    private static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData(WriterStep.Applied)]
    [InlineData(WriterStep.Published)]
    public async Task CommitAsync_WhenAStepFails_IsAnsweredAndSoAreLaterOnes(WriterStep step)
    {
        var observer = new FailingObserver(step);
        await using var live = await LiveSpace.OpenAsync(new MemorySpaceStore(), observer, Cancelled);
        await live.CommitAsync(commit => commit.Set("before", "value", 1), Cancelled);
        observer.Fails = true;

        var writes = Enumerable.Range(0, 10).Select(i => live.CommitAsync(commit => commit.Set($"c{i}", "value", i), Cancelled)).ToArray();

        var kinds = new List<ErrorKind>();
        foreach (var write in writes)
        {
            var failure = await Assert.ThrowsAsync<CairnException>(() => write.WaitAsync(Patience, Cancelled));
            kinds.Add(failure.Kind);
        }

        // What the log has may come back with the next opening; what came later is told that it was not kept.
        Assert.Contains(ErrorKind.Unknown, kinds);
        Assert.All(kinds, kind => Assert.True(kind is ErrorKind.Unknown or ErrorKind.Internal));
        var later = await Assert.ThrowsAsync<CairnException>(() => live.CommitAsync(commit => commit.Set("later", "value", 1), Cancelled));
        Assert.Equal(ErrorKind.Internal, later.Kind);

        Assert.Contains("broken", live.Space.Failure!.Message, StringComparison.Ordinal);
        Assert.True(live.Space.Current.FindConcept("before"u8) >= 0);
        Assert.Equal(0, live.Space.GetStatistics().Pending);
    }

    private sealed class FailingObserver(WriterStep step) : IEngineObserver
    {
        public volatile bool Fails;

        public void Reached(WriterStep reached)
        {
            if (Fails && reached == step)
            {
                throw new InvalidOperationException("broken");
            }
        }
    }
}
