using Cairn.Diagnostics;
using Cairn.Domain.Tests.Concurrency;
using Cairn.Domain.Tests.Reconciliation;
using Cairn.Formats;
using Cairn.Model;
using Cairn.Query;
using Cairn.Query.Search;
using Cairn.Snapshots;
using Cairn.Snapshots.Derived;
using Cairn.Storage;
using Cairn.Text;

namespace Cairn.Domain.Tests.Query.Search;

public sealed class TextIndexingTests
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public void Search_WhenCommitsAreRandom_FindsWhatTheTextsOfTheSnapshotSay() => Properties.CheckRandom(40, random =>
    {
        var space = new SearchedSpace(random);
        var (ids, snapshots) = (random.Next(2) == 0 ? 30 : 900, new List<Snapshot>());
        for (var round = 0; round < 8; round++)
        {
            for (var i = random.Next(2) == 0 ? random.Next(5) : random.Next(400); i >= 0; i--)
            {
                space.Change(ids);
            }

            if (random.Next(4) == 0)
            {
                space.Reopen();
            }

            snapshots.AddRange(space.Publish());
            for (var i = random.Next(3); i > 0; i--)
            {
                var (wanted, exact) = (snapshots[random.Next(snapshots.Count)], random.Next(2) == 0);
                var reading = TextIndexes.Prepare(wanted, exact).Run(Token);
                Assert.True(exact ? reading.Snapshot == wanted : reading.Snapshot.Position >= wanted.Position);
                SearchedSpace.RequireSame(reading.Snapshot, reading.View, space.Query(), space.Now, random.Next(1, 30));
            }
        }
    });

    [Fact]
    public void Publish_WhenNobodySearches_KeepsNothing()
    {
        var replay = new ReplayHarness();
        Put(replay, 0, 1000);
        var snapshot = replay.Publish();

        Assert.Null(snapshot.View(snapshot.Derived<TextIndexing>()));
        Assert.Equal(0, snapshot.Derived<TextIndexing>().Bytes);
    }

    [Fact]
    public void Publish_WhenItIsSearched_CarriesTheView()
    {
        var replay = new ReplayHarness();
        Put(replay, 0, 1000);
        var first = TextIndexes.Prepare(replay.Publish(), exact: true).Run(Token);
        Put(replay, 1000, 10);
        var next = replay.Publish();

        var view = next.View(next.Derived<TextIndexing>());
        Assert.Equal(1010, view!.LiveCount);
        Assert.Equal(1000, first.View.LiveCount);
        Assert.InRange(next.Shared.Bytes, next.Derived<TextIndexing>().Bytes, long.MaxValue);
    }

    /// <summary>An import is not held up; who searches next catches up, and then the writer follows again.</summary>
    [Fact]
    public void Publish_WhenManyRowsChange_LeavesThemToTheNextSearch()
    {
        var replay = new ReplayHarness();
        Put(replay, 0, 10);
        TextIndexes.Prepare(replay.Publish(), exact: true).Run(Token);
        Put(replay, 10, DerivedIndex<TextView>.RowsPerPublish + 1);
        var imported = replay.Publish();
        var index = imported.Derived<TextIndexing>();
        Assert.Null(imported.View(index));

        Assert.Equal(imported.ConceptCount, TextIndexes.Prepare(imported, exact: true).Run(Token).View.LiveCount);
        Put(replay, 5000, 1);
        Assert.NotNull(replay.Publish().View(index));
    }

    [Fact]
    public void Publish_WhenNobodyHasSearchedForLong_StopsAndThenGivesTheIndexUp()
    {
        var replay = new ReplayHarness();
        Put(replay, 0, 10);
        var index = TextIndexes.Prepare(replay.Publish(), exact: true).Run(Token).Snapshot.Derived<TextIndexing>();
        for (var rows = 0; rows <= DerivedIndex<TextView>.FollowedRows; rows += 200)
        {
            Put(replay, rows, 200);
            Assert.NotNull(replay.Publish().View(index));
        }

        Put(replay, 0, 200);
        replay.Publish();
        Put(replay, 200, 200);
        Assert.Null(replay.Publish().View(index));
        Assert.NotEqual(0, index.Bytes);

        replay.Now = replay.Now.Plus(DerivedIndex<TextView>.KeptFor + TimeSpan.FromSeconds(1));
        Put(replay, 0, 1);
        var last = replay.Publish();
        Assert.Equal(0, index.Bytes);
        Assert.Equal(last.ConceptCount, TextIndexes.Prepare(last, exact: true).Run(Token).View.LiveCount);
    }

    [Fact]
    public void Prepare_WhenASearchIsGivenUp_GoesOnWhereItWas()
    {
        var replay = new ReplayHarness();
        Put(replay, 0, 5000);
        var snapshot = replay.Publish();
        var (first, second) = (TextIndexes.Prepare(snapshot, exact: true), TextIndexes.Prepare(snapshot, exact: true));
        for (var i = 0; i < 2; i++)
        {
            Assert.True(first.Step());
        }

        second.Run(Token);

        Assert.Equal(5000, second.Result.View.LiveCount);
        Assert.InRange(first.RowsVisited, 1, 4999);
        Assert.Equal(5000, first.RowsVisited + second.RowsVisited, tolerance: 128);
        Assert.Same(second.Result.View, TextIndexes.Prepare(snapshot, exact: true).Run(Token).View);
    }

    [Fact]
    public void Prepare_WhenTheIndexHasGonePastTheSnapshot_AnswersALaterOneOrBuildsOneApart()
    {
        var replay = new ReplayHarness();
        Put(replay, 0, 100);
        var early = replay.Publish();
        Put(replay, 100, 1);
        var late = replay.Publish();
        TextIndexes.Prepare(late, exact: true).Run(Token);

        Assert.Same(late, TextIndexes.Prepare(early, exact: false).Run(Token).Snapshot);
        var exact = TextIndexes.Prepare(early, exact: true).Run(Token);
        Assert.Equal((early, 100), (exact.Snapshot, exact.View.LiveCount));
        Assert.Same(exact.View, TextIndexes.Prepare(early, exact: false).Run(Token).View);
    }

    [Fact]
    public void Publish_WhenTextsAreWrittenOverAndOver_TakesBoundedMemory()
    {
        var replay = new ReplayHarness();
        Put(replay, 0, 200);
        var index = TextIndexes.Prepare(replay.Publish(), exact: true).Run(Token).Snapshot.Derived<TextIndexing>();
        var most = 0L;
        for (var round = 0; round < 600; round++)
        {
            Put(replay, 0, 200, $"word{round % 7}");
            var view = TextIndexes.Prepare(replay.Publish(), exact: true).Run(Token).View;
            Assert.Equal(200, view.LiveCount);
            most = Math.Max(most, view.Documents);
            SpinWait.SpinUntil(() => !index.IsCompacting);
        }

        Assert.InRange(most, 8 * 1024, 10 * 1024);
    }

    [Fact]
    public void Search_WhenASmallerCopyIsMadeAndNothingIsWritten_ReadsThatCopy()
    {
        var replay = new ReplayHarness();
        for (var round = 0; round < 3; round++)
        {
            Put(replay, 0, 3_000);
            TextIndexes.Prepare(replay.Publish(), exact: true).Run(Token);
        }

        var latest = replay.Publish();
        var index = latest.Derived<TextIndexing>();
        TextIndexes.Prepare(latest, exact: true).Run(Token);
        SpinWait.SpinUntil(() => !index.IsCompacting);

        var view = TextIndexes.Prepare(latest, exact: true).Run(Token).View;
        Assert.Equal((3_000, 3_000), (view.LiveCount, view.Documents));
    }

    [Fact]
    public async Task CompactAsync_WhenTheSpaceIsSearched_BuildsTheIndexOfTheNewRowsToo()
    {
        await using var live = await LiveSpace.OpenAsync(new MemorySpaceStore(), SilentEngineObserver.Instance, Token);
        await live.CommitAsync(static commit => Enumerable.Range(0, 400).ToList().ForEach(row => commit.Put(new Concept { Id = $"c{row}", Content = "apple" }, OnExists.Replace)), Token);
        TextIndexes.Prepare(live.Space.Current, exact: true).Run(Token);
        await live.CommitAsync(static commit => Enumerable.Range(0, 200).ToList().ForEach(row => commit.Delete(Integers.Utf8($"c{row}"), OnMissing.Fail)), Token);
        await live.Space.CompactAsync(Token);
        await live.CommitAsync(static commit => commit.Put(new Concept { Id = "new", Content = "apple" }, OnExists.Replace), Token);

        var snapshot = live.Space.Current;
        Assert.Equal((201, 201), (snapshot.ConceptRows, snapshot.View(snapshot.Derived<TextIndexing>())?.LiveCount));
        SearchedSpace.RequireSame(snapshot, snapshot.View(snapshot.Derived<TextIndexing>())!, "apple new", live.Space.Now(), 300);
    }

    [Fact]
    public async Task Search_WhenManyWriteAndSearch_IsExactForTheSnapshotOfEach()
    {
        await using var live = await LiveSpace.OpenAsync(new MemorySpaceStore(), SilentEngineObserver.Instance, Token);
        var writers = Enumerable.Range(0, 3).Select(seed => Task.Run(() => WriteAsync(live, new Random(seed)), Token)).ToArray();
        var searchers = Enumerable.Range(0, 6).Select(seed => Task.Run(() => SearchUntilAsync(live, Task.WhenAll(writers), seed), Token)).ToArray();
        await Task.WhenAll(writers);

        Assert.All(await Task.WhenAll(searchers), static count => Assert.True(count > 0));
        var last = TextIndexes.Prepare(live.Space.Current, exact: true).Run(Token);
        SearchedSpace.RequireSame(last.Snapshot, last.View, "w1 w2 w3", live.Space.Now(), 10);
    }

    private static async Task WriteAsync(LiveSpace live, Random random)
    {
        for (var i = 0; i < 400; i++)
        {
            var count = random.Next(20) == 0 ? 400 : random.Next(1, 8);
            await live.CommitAsync(
                commit =>
                {
                    for (var row = 0; row < count; row++)
                    {
                        commit.Put(new Concept { Id = $"c{random.Next(2000)}", Content = $"w{random.Next(9)} w{random.Next(90)} w{random.Next(900)}" }, OnExists.Replace);
                    }
                },
                Token);
        }
    }

    private static async Task<int> SearchUntilAsync(LiveSpace live, Task written, int seed)
    {
        var (random, count) = (new Random(seed), 0);
        while (count == 0 || !written.IsCompleted)
        {
            var reading = TextIndexes.Prepare(live.Space.Current, exact: random.Next(8) == 0).Run(Token);
            SearchedSpace.RequireSame(reading.Snapshot, reading.View, $"w{random.Next(9)} w{random.Next(90)}", live.Space.Now(), 10);
            count++;
            await Task.Yield();
        }

        return count;
    }

    private static void Put(ReplayHarness replay, int first, int count, string text = "apple pear") => replay.Commit(writer =>
    {
        for (var row = first; row < first + count; row++)
        {
            writer.Put(new Concept { Id = $"c{row}", Content = $"{text} {replay.Frames.Count}" }, OnExists.Replace);
        }
    });
}
