using System.Text;
using Cairn.Diagnostics;
using Cairn.Domain.Tests.Concurrency;
using Cairn.Formats;
using Cairn.Model;
using Cairn.Query.Search;
using Cairn.Snapshots;
using Cairn.Storage;

namespace Cairn.Domain.Tests.Query.Search;

/// <summary>Searches by vectors and by the built-in model, over the indexes that a space keeps of its concepts, against comparing all of a snapshot's.</summary>
public sealed class MeaningTests
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public void Search_WhenCommitsAreRandom_FindsWhatTheConceptsOfTheSnapshotSay() => Properties.CheckRandom(40, random =>
    {
        var space = new SearchedSpace(random);
        var snapshots = new List<Snapshot>();
        for (var round = 0; round < 10; round++)
        {
            for (var i = random.Next(2) == 0 ? random.Next(5) : random.Next(400); i >= 0; i--)
            {
                space.Change(ids: random.Next(2) == 0 ? 20 : 250);
            }

            if (random.Next(4) == 0)
            {
                space.Reopen();
            }

            snapshots.AddRange(space.Publish());
            for (var i = random.Next(4); i > 0; i--)
            {
                var wanted = snapshots[random.Next(snapshots.Count)];
                var query = new SearchQuery { Now = space.Now, IsExact = random.Next(2) == 0, Limit = random.Next(1, 40) };
                var page = random.Next(3) == 0
                    ? NaiveMeaning.RequireSameByText(wanted, query with { Text = Encoding.UTF8.GetBytes(space.Query()) })
                    : NaiveMeaning.RequireSameByVector(wanted, query with { Vector = space.Vector() });
                Assert.True(query.IsExact ? page.Snapshot == wanted : page.Snapshot.Position >= wanted.Position);
            }
        }
    });

    [Fact]
    public async Task Search_WhenManyWriteAndSearch_IsExactForTheSnapshotOfEach()
    {
        await using var live = await LiveSpace.OpenAsync(new MemorySpaceStore(), SilentEngineObserver.Instance, Token);
        var writers = Enumerable.Range(0, 3).Select(seed => Task.Run(() => WriteAsync(live, new Random(seed)), Token)).ToArray();
        var searchers = Enumerable.Range(0, 4).Select(seed => Task.Run(() => SearchUntilAsync(live, Task.WhenAll(writers), seed), Token)).ToArray();
        await Task.WhenAll(writers);

        Assert.All(await Task.WhenAll(searchers), static count => Assert.True(count > 0));
        Assert.NotEmpty(NaiveMeaning.RequireSameByVector(live.Space.Current, new() { Now = live.Space.Now(), Vector = [1, 1], IsExact = true }).Hits);
    }

    private static async Task WriteAsync(LiveSpace live, Random random)
    {
        for (var i = 0; i < 150; i++)
        {
            var count = random.Next(20) == 0 ? 300 : random.Next(1, 8);
            await live.CommitAsync(
                commit =>
                {
                    for (var row = 0; row < count; row++)
                    {
                        var id = $"c{random.Next(350)}";
                        if (random.Next(4) == 0)
                        {
                            commit.Delete(Integers.Utf8(id), OnMissing.Skip);
                        }
                        else
                        {
                            commit.Put(new Concept { Id = id, Content = $"w{random.Next(9)} w{random.Next(90)}", Vector = [random.NextSingle(), random.NextSingle() + 0.01f] }, OnExists.Replace);
                        }
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
            var query = new SearchQuery { Now = live.Space.Now(), IsExact = random.Next(8) == 0, Limit = random.Next(1, 30) };
            _ = seed % 2 == 0
                ? NaiveMeaning.RequireSameByVector(live.Space.Current, query with { Vector = [random.NextSingle(), random.NextSingle() + 0.01f] })
                : NaiveMeaning.RequireSameByText(live.Space.Current, query with { Text = Encoding.UTF8.GetBytes($"w{random.Next(9)} w{random.Next(90)}") });
            count++;
            await Task.Yield();
        }

        return count;
    }
}
