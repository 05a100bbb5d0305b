using System.Collections.Concurrent;
using System.Text;
using Cairn.Diagnostics;
using Cairn.Domain.Tests.Concurrency;
using Cairn.Formats;
using Cairn.Model;
using Cairn.Primitives;
using Cairn.Reconciliation;
using Cairn.Reconciliation.Changes;
using Cairn.Storage;

namespace Cairn.Domain.Tests.Reconciliation.Changes;

public sealed class ChangeFeedTests : IAsyncDisposable
{
    private static readonly SpaceName Demo = SpaceName.Parse("demo");

    // Files of some commits only, so that readers often meet the end of one.
    private readonly MemorySpaceStore _store = new(maxAppendsPerFile: 9, maxFileBytes: 8 * 1024);
    private readonly ConcurrentBag<CommitOutcome> _outcomes = [];
    private SpaceCatalog _catalog;
    private ulong _ids;
    private int _commits;

    public ChangeFeedTests() => _catalog = Open();

    private static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    public async ValueTask DisposeAsync() => await _catalog.DisposeAsync();

    [Fact]
    public async Task ReadAsync_WhenThereIsNothing_IsEmptyAndStaysAtItsBegin()
    {
        var space = await SpaceAsync();
        using var reader = space.ReadChanges(LogPosition.Zero);

        Assert.Empty(await reader.ReadAsync(10, Cancelled));
        Assert.False(await reader.WaitAsync(TimeSpan.FromMilliseconds(1), Cancelled));
        await WriteAsync(space, "a");
        Assert.True(await reader.WaitAsync(TimeSpan.FromSeconds(30), Cancelled));
        Assert.Equal(_outcomes.Single().Position, Assert.Single(await reader.ReadAsync(10, Cancelled)).Position);
    }

    [Fact]
    public async Task ReadAsync_WhenCommitsAreRejectedOrRepeated_GivesTheCommittedOnesOnly()
    {
        var space = await SpaceAsync();
        var first = await CommitAsync(space, writer => writer.Set("a", "n", 1), "key-1");
        Assert.True((await CommitAsync(space, writer => writer.Set("a", "n", 1), "key-1")).IsDuplicate);
        Assert.Equal(RejectionReason.Missing, (await CommitAsync(space, writer => writer.Delete("nobody"u8, OnMissing.Fail))).Reason);
        await space.ConfigureAsync(settings => settings with { HalfLife = TimeSpan.FromDays(9) }, Cancelled);
        var last = await CommitAsync(space, writer => writer.Set("b", "n", 2), "key-2");
        using var reader = space.ReadChanges(LogPosition.Zero);

        var changes = await reader.ReadAsync(10, Cancelled);

        Assert.Equal([first.Position, last.Position], changes.Select(change => change.Position));
        Assert.Equal(["key-1", "key-2"], changes.Select(change => Encoding.ASCII.GetString(change.CommitId)));
        Assert.Equal(first.Results, changes[0].Results);
        Assert.Null(changes[0].ReadMeta());
    }

    // A duplicate that two writers have under way at once reaches the log: its frame is there, without an outcome of its own.
    [Fact]
    public async Task ReadAsync_WhenADuplicateIsInTheLog_GivesTheFirstOnly()
    {
        var space = await SpaceAsync();
        var commits = Enumerable.Range(0, 20).Select(_ => CommitAsync(space, writer => writer.Set("a", "n", 1), "key").AsTask());
        var outcomes = await Task.WhenAll(commits);
        using var reader = space.ReadChanges(LogPosition.Zero);

        Assert.Equal(outcomes.Select(outcome => outcome.Position).Distinct(), (await reader.ReadAsync(10, Cancelled)).Select(change => change.Position));
    }

    [Fact]
    public async Task ReadAsync_FromEachPosition_GoesOnBehindIt()
    {
        var space = await SpaceAsync();
        for (var i = 0; i < 60; i++)
        {
            await WriteAsync(space, $"c{i % 7}");
        }

        var all = await ReadAllAsync(space, LogPosition.Zero, 1_000);
        Assert.Equal(_outcomes.Select(outcome => outcome.Position).Order(), all);
        Assert.True(all[^1].File > 3, "the log rolled");
        for (var i = 0; i < all.Count; i++)
        {
            Assert.Equal(all[(i + 1)..], await ReadAllAsync(space, all[i], 1 + (i % 9)));
        }
    }

    [Fact]
    public async Task ReadAsync_WhenReopened_GoesOnWhereItWas()
    {
        var space = await SpaceAsync();
        for (var i = 0; i < 30; i++)
        {
            await WriteAsync(space, "a");
        }

        LogPosition position;
        using (var reader = space.ReadChanges(LogPosition.Zero))
        {
            Assert.Equal(11, (await reader.ReadAsync(11, Cancelled)).Count);
            position = reader.Position;
        }

        // Several times without a write between: positions of barriers and rolls must be places to go on from, too.
        for (var i = 0; i < 12; i++)
        {
            await _catalog.DisposeAsync();
            _catalog = Open();
            space = await SpaceAsync();
            using var idle = space.ReadChanges(space.Current.Position);
            Assert.Empty(await idle.ReadAsync(1, Cancelled));
        }

        await WriteAsync(space, "b");

        Assert.Equal(_outcomes.Select(outcome => outcome.Position).Order().Skip(11), await ReadAllAsync(space, position, 4));
    }

    [Fact]
    public async Task ReadAsync_WhenOutcomesAreForgotten_SaysSoAndGoesOnFromWhatIsKnown()
    {
        await using var catalog = Open(EngineOptions.Default with { Checkpoints = CheckpointOptions.Never });
        var (space, _) = await catalog.CreateAsync(Demo, Cancelled);
        await WriteAsync(space, "a");
        var early = _outcomes.Single().Position;
        for (var i = 0; i < 40; i++)
        {
            await Task.WhenAll(Enumerable.Range(0, 256).Select(_ => WriteAsync(space, "a")));
        }

        using var reader = space.ReadChanges(early);
        var gone = await Assert.ThrowsAsync<CairnException>(async () => await reader.ReadAsync(10, Cancelled));
        Assert.Equal((ErrorKind.NotFound, "not-retained"), (gone.Kind, gone.Problem));
        var known = await ReadAllAsync(space, LogPosition.Zero, 500);
        Assert.Equal(_outcomes.Select(outcome => outcome.Position).Order().TakeLast(known.Count), known);
        Assert.InRange(known.Count, CommitMemory.RecentCommits, 2 * CommitMemory.RecentCommits);
    }

    [Fact]
    public async Task ReadAsync_WhenNoFrameEndsThere_SaysThatItIsNoCursor()
    {
        var space = await SpaceAsync();
        for (var i = 0; i < 40; i++)
        {
            await WriteAsync(space, "a");
        }

        var positions = _outcomes.Select(outcome => outcome.Position.Value).ToHashSet();
        foreach (var position in positions.Order().SkipLast(1).SelectMany(position => new[] { position - 40, position + 1, position + 77 }))
        {
            using var reader = space.ReadChanges(new(position));
            var refused = await Assert.ThrowsAsync<CairnException>(async () => await reader.ReadAsync(10, Cancelled));
            Assert.True(refused is { Kind: ErrorKind.Invalid, Problem: "wrong-cursor" }, $"{new LogPosition(position)}: {refused.Message}");
        }
    }

    /// <summary>Readers of every kind while writers burst: slow and fast, beginning anywhere, going on in other readers.</summary>
    [Fact]
    public async Task ReadAsync_WhileWritersBurst_LosesNothingAndRepeatsNothing()
    {
        const int Writers = 4, Commits = 300, Readers = 24;
        var space = await SpaceAsync();
        using var done = new CancellationTokenSource();
        var readers = Enumerable.Range(0, Readers).Select(i => Task.Run(() => FollowAsync(space, new Random(i), done.Token), Cancelled)).ToArray();
        await Task.WhenAll(Enumerable.Range(0, Writers).Select(i => Task.Run(() => BurstAsync(space, new Random(100 + i), Commits), Cancelled)));
        await done.CancelAsync();

        var committed = _outcomes.Where(outcome => outcome.Kind == OutcomeKind.Committed).Select(outcome => outcome.Position).Order().ToList();
        Assert.InRange(committed.Count, Writers * Commits / 2, (Writers * Commits) - 1);
        foreach (var reader in readers)
        {
            Assert.Equal(committed, await reader);
        }

        Assert.Equal(0, space.ChangeReaders);
    }

    [Fact]
    public async Task ReadAsync_WhenAThousandFollow_ReadsTheLogForAllOfThem()
    {
        const int Readers = 1_000, Commits = 20;
        var space = await SpaceAsync();
        await WriteAsync(space, "a");
        var start = space.Current.Position;
        var readers = Enumerable.Range(0, Readers).Select(_ => space.ReadChanges(start)).ToList();
        var following = readers.ConvertAll(reader => Task.Run(() => CountAsync(reader, Commits), Cancelled));
        Assert.Equal(Readers, space.ChangeReaders);

        for (var i = 0; i < Commits; i++)
        {
            await WriteAsync(space, "a");
        }

        Assert.Equal(Readers * Commits, (await Task.WhenAll(following)).Sum());
        Assert.InRange(space.Changes.PagesRead, 1, 2 * Commits);
        Assert.InRange(space.Changes.Kept, 1, Commits);
        readers.ForEach(reader => reader.Dispose());
        Assert.Equal((0, 0), (space.ChangeReaders, space.Changes.Kept));
    }

    [Fact]
    public async Task WaitAsync_WhenTheSpaceIsClosed_Ends()
    {
        var space = await SpaceAsync();
        using var reader = space.ReadChanges(space.Current.Position);
        var waiting = reader.WaitAsync(Timeout.InfiniteTimeSpan, Cancelled);

        await _catalog.DisposeAsync();

        Assert.Equal(ErrorKind.NotFound, (await Assert.ThrowsAsync<CairnException>(() => waiting)).Kind);
    }

    private static async Task<int> CountAsync(ChangeReader reader, int wanted)
    {
        var count = 0;
        while (count < wanted && await reader.WaitAsync(TimeSpan.FromSeconds(60), Cancelled))
        {
            count += (await reader.ReadAsync(100, Cancelled)).Count;
        }

        return count;
    }

    private async Task<List<LogPosition>> FollowAsync(Space space, Random random, CancellationToken done)
    {
        var (seen, reader) = (new List<LogPosition>(), space.ReadChanges(LogPosition.Zero));
        while (true)
        {
            var isLast = done.IsCancellationRequested;
            while (await reader.ReadAsync(random.Next(1, 60), Cancelled) is { Count: > 0 } changes)
            {
                seen.AddRange(changes.Select(change => change.Position));
                if (random.Next(4) == 0)
                {
                    // A client that comes back with what it saw last, or with the cursor of its last page.
                    var position = random.Next(2) == 0 ? seen[^1] : reader.Position;
                    reader.Dispose();
                    reader = space.ReadChanges(position);
                }
            }

            if (isLast)
            {
                reader.Dispose();
                return seen;
            }

            await (random.Next(3) == 0 ? Task.Delay(random.Next(20), Cancelled) : reader.WaitAsync(TimeSpan.FromMilliseconds(random.Next(1, 40)), Cancelled));
        }
    }

    private async Task BurstAsync(Space space, Random random, int commits)
    {
        for (var i = 0; i < commits; i++)
        {
            await CommitAsync(space, writer =>
            {
                if (random.Next(4) == 0)
                {
                    writer.Delete(Encoding.ASCII.GetBytes($"c{random.Next(50)}"), OnMissing.Fail);
                }
                else
                {
                    writer.Set($"c{random.Next(50)}", "n", random.Next());
                }
            });
        }
    }

    private async Task<List<LogPosition>> ReadAllAsync(Space space, LogPosition after, int most)
    {
        var all = new List<LogPosition>();
        using var reader = space.ReadChanges(after);
        while (await reader.ReadAsync(most, Cancelled) is { Count: > 0 } changes)
        {
            Assert.InRange(changes.Count, 1, most);
            all.AddRange(changes.Select(change => change.Position));
        }

        return all;
    }

    private Task<CommitOutcome> WriteAsync(Space space, string id) => CommitAsync(space, writer => writer.Set(id, "n", _commits)).AsTask();

    private async ValueTask<CommitOutcome> CommitAsync(Space space, Action<CommitWriter> write, string? id = null)
    {
        var writer = new CommitWriter(space.Record.Incarnation);
        writer.Begin(Encoding.ASCII.GetBytes(id ?? $"made-{Interlocked.Increment(ref _commits)}"), id is not null, space.Now());
        write(writer);
        var outcome = await space.CommitAsync(writer.Finish(), Cancelled);
        _outcomes.Add(outcome);
        return outcome;
    }

    private async Task<Space> SpaceAsync() => (await _catalog.CreateAsync(Demo, Cancelled)).Space;

    private SpaceCatalog Open(EngineOptions? options = null) => new(_store, options ?? EngineOptions.Default, _ => new(TimeProvider.System, () => Interlocked.Increment(ref _ids), SilentEngineObserver.Instance));
}
