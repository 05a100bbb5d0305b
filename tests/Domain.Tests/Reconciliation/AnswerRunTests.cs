using Cairn.Domain.Tests.Formats;
using Cairn.Model;
using Cairn.Primitives;
using Cairn.Reconciliation;

namespace Cairn.Domain.Tests.Reconciliation;

public sealed class AnswerRunTests
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(10);
    private static readonly CommitOutcome Outcome = new() { Kind = OutcomeKind.Committed, Position = new(1) };

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(50)]
    public async Task Start_WhenThereAreAnswers_GivesEachAndCallsOnceBeforeTheLast(int count)
    {
        var begun = 0;
        var answeredBefore = new List<int>();
        var writes = Writes(count);
        var run = new AnswerRun(() =>
        {
            Interlocked.Increment(ref begun);
            answeredBefore.Add(writes.Count(static write => write.Outcome.IsCompleted));
        });
        foreach (var write in writes)
        {
            run.Add(write, Outcome);
        }

        run.Start();
        var outcomes = await Task.WhenAll(writes.Select(static write => write.Outcome)).WaitAsync(Patience, Token);

        Assert.All(outcomes, static outcome => Assert.Same(Outcome, outcome));
        Assert.Equal(1, begun);
        Assert.InRange(Assert.Single(answeredBefore), 0, count - 1);
    }

    [Fact]
    public async Task Start_WhenAWaiterBlocks_AnswersTheOthersAndCalls()
    {
        using var release = new ManualResetEventSlim();
        var begun = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var writes = Writes(10);
        var run = new AnswerRun(begun.SetResult);
        foreach (var write in writes)
        {
            run.Add(write, Outcome);
        }

        var blocked = writes[0].Outcome.ContinueWith(_ => release.Wait(Patience, Token), Token, TaskContinuationOptions.ExecuteSynchronously, TaskScheduler.Default);
        try
        {
            run.Start();

            await Task.WhenAll(writes.Skip(1).Select(static write => write.Outcome)).WaitAsync(Patience, Token);
            await begun.Task.WaitAsync(Patience, Token);
            Assert.False(blocked.IsCompleted);
        }
        finally
        {
            release.Set();
            await blocked;
        }
    }

    [Fact]
    public void TrySetHere_WhenTheCallerIsStillInItsCall_IsForItsOwnThreadOnly()
    {
        var write = Writes(1)[0];
        Assert.False(write.TrySetHere(Outcome));
        write.Hold();
        var other = new Thread(() => Assert.False(write.TrySetHere(Outcome)));
        other.Start();
        Assert.True(other.Join(Patience));
        Assert.False(write.Outcome.IsCompleted);

        Assert.True(write.TrySetHere(Outcome));

        Assert.True(write.Outcome.IsCompletedSuccessfully);
        write.LetGo();
    }

    [Fact]
    public async Task Fail_WhenSomebodyWaits_DoesNotGoOnWithHimInTheCall()
    {
        var write = Writes(1)[0];
        var heard = new TaskCompletionSource<bool>(TaskCreationOptions.RunContinuationsAsynchronously);
        using var returned = new ManualResetEventSlim();
        _ = write.Outcome.ContinueWith(_ => heard.SetResult(returned.Wait(Patience, Token)), Token, TaskContinuationOptions.ExecuteSynchronously, TaskScheduler.Default);

        write.Fail(new CairnException(ErrorKind.Unavailable, "refused"));
        returned.Set();

        Assert.True(await heard.Task.WaitAsync(Patience, Token), "the waiter went on within the call that failed his write");
        Assert.True(write.Outcome.IsFaulted);
    }

    private static PendingWrite[] Writes(int count) => [.. Enumerable.Range(0, count).Select(i => PendingWrite.Direct(Commits.Ada($"c{i}")))];
}
