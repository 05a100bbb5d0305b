using Cairn.Columns;
using Cairn.Diagnostics;
using Cairn.Domain.Tests.Concurrency;
using Cairn.Model;
using Cairn.Primitives;
using Cairn.Query;
using Cairn.Query.Aggregates;
using Cairn.Reconciliation;
using Cairn.Snapshots;
using Cairn.Storage;

namespace Cairn.Domain.Tests.Reconciliation.Checkpoints;

/// <summary>A space that was opened from a checkpoint does not load the row groups that cannot hold what is asked for.</summary>
public sealed class ZoneMapTests : IAsyncDisposable
{
    private const int Concepts = 3_000;
    private static readonly EngineOptions Manual = EngineOptions.Default with
    {
        Checkpoints = CheckpointOptions.Default with { TailOperations = long.MaxValue, ClosingOperations = long.MaxValue },
        ExpiryGrace = TimeSpan.Zero,
        ExpirySweepInterval = TimeSpan.FromDays(1),
    };

    private readonly MemorySpaceStore _store = new();

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public ValueTask DisposeAsync() => _store.DisposeAsync();

    [Theory]
    [InlineData("n >= 2990", 10, 1)]
    [InlineData("n > 1000.5 AND n < 1003", 2, 1)]
    [InlineData("half <= -1.0", 998, 9)]
    [InlineData("half = 0.5 OR n = 2999", 2, 2)]
    [InlineData("n > 5000", 0, 0)]
    [InlineData("NOT n < 2990", 10, 24)]
    [InlineData("missing = 1", 0, 0)]
    public async Task Count_WhenACheckpointWasOpened_LoadsWhatMayMatch(string where, long expected, int mostLoaded)
    {
        await using (var live = await OpenAsync())
        {
            await WriteAsync(live, 0, Concepts);
            await live.Space.CheckpointAsync(Token);
        }

        await using var again = await OpenAsync();

        Assert.Equal(0, Loaded(again));
        Assert.Equal(expected, Count(again, where));
        Assert.InRange(Loaded(again), expected > 0 ? 1 : 0, mostLoaded);
    }

    [Fact]
    public async Task Count_WhenTheCheckpointWasCompacted_LoadsWhatMayMatch()
    {
        await using (var live = await OpenAsync())
        {
            await WriteAsync(live, 0, Concepts);
            await live.CommitAsync(static commit => commit.Delete(Integers.Utf8("c0000"), OnMissing.Fail), Token);
            await live.Space.CompactAsync(Token);
            Assert.Equal(Concepts - 1, live.Space.Current.ConceptRows);
        }

        await using var again = await OpenAsync();
        Assert.Equal(10, Count(again, "n >= 2990"));
        Assert.Equal(1, Loaded(again));
    }

    [Fact]
    public async Task Count_WhenCheckpointsFollowEachOther_SeesWhatChanged()
    {
        var random = new Random(7);
        await using (var live = await OpenAsync())
        {
            await WriteAsync(live, 0, Concepts);
            await live.Space.CheckpointAsync(Token);
        }

        for (var round = 0; round < 6; round++)
        {
            await using (var live = await OpenAsync())
            {
                for (var i = 0; i < 5; i++)
                {
                    var (id, value) = (random.Next(Concepts), random.Next(2) == 0 ? 10_000 + random.Next(100) : random.Next(100));
                    await live.CommitAsync(commit => commit.Set($"c{id:0000}", "n", value), Token);
                }

                await live.CommitAsync(commit => commit.Set($"late{random.Next()}", "n", 20_000), Token);
                await live.Space.CheckpointAsync(Token);
            }

            await using var again = await OpenAsync();
            foreach (var where in new[] { "n >= 10000 AND n < 20000", "n = 20000", "n < 100" })
            {
                var cold = Count(again, where);
                Assert.Equal(Scan(again.Space.Current, where), cold);
            }
        }
    }

    [Fact]
    public async Task Sweep_WhenNothingIsDue_LoadsNothing()
    {
        await using (var live = await OpenAsync())
        {
            await WriteAsync(live, 0, 500);
            await live.CommitAsync(
                commit =>
                {
                    commit.BeginPut(Integers.Utf8("brief"), OnExists.Replace);
                    commit.ExpiresAt(live.Space.Now().Plus(TimeSpan.FromHours(1)));
                    commit.EndOperation();
                },
                Token);
            await live.Space.CheckpointAsync(Token);
        }

        await using var again = await OpenAsync();
        Assert.True(again.Space.Current.HasExpiry);
        await again.Space.SweepAsync(Token);
        Assert.Equal(0, Loaded(again));
    }

    [Fact]
    public void Zones_WhenBytesAreChanged_AreReadOrCorrupt()
    {
        var golden = ZoneCodec.Write([new(3, -5, 9), default, Zone.Unknown]);
        var (random, refused) = (new Random(5), 0);
        Assert.Equal([new(3, -5, 9), default, Zone.Unknown], ZoneCodec.Read(golden));
        for (var i = 0; i < 5_000; i++)
        {
            var bytes = golden[..(random.Next(4) == 0 ? random.Next(golden.Length) : golden.Length)];
            if (bytes.Length > 0)
            {
                bytes[random.Next(bytes.Length)] ^= (byte)(1 << random.Next(8));
            }

            try
            {
                ZoneCodec.Read(bytes);
            }
            catch (CairnException failure) when (failure.Kind == ErrorKind.Corrupt)
            {
                refused++;
            }
        }

        Assert.InRange(refused, 500, 5_000);
    }

    private Task<LiveSpace> OpenAsync() => LiveSpace.OpenAsync(_store, SilentEngineObserver.Instance, Token, Manual);

    private static long Loaded(LiveSpace live) => LazyChunks.CountLoaded(live.Space.Current.Concepts.Table.Groups);

    private static long Count(LiveSpace live, string where)
    {
        var aggregation = new Aggregation([], [AggregateItem.Create(AggregateFunction.Count, null, "count", "/select")])
        {
            Now = live.Space.Now(),
            Where = WhereClause.Parse(where, "where"),
        };
        return aggregation.Start(live.Space.Current).Run(Token)[0, 0].Bits;
    }

    // One concept after the other, by the list of all.
    private static long Scan(Snapshot snapshot, string where) =>
        new ConceptMatching { Now = snapshot.LogClock, Where = WhereClause.Parse(where, "where"), Keep = 0 }.Start(snapshot).Run(Token).Count;

    private static async Task WriteAsync(LiveSpace live, int from, int to)
    {
        for (var first = from; first < to; first += 100)
        {
            var start = first;
            await live.CommitAsync(
                commit =>
                {
                    for (var i = start; i < Math.Min(start + 100, to); i++)
                    {
                        commit.BeginPatch(Integers.Utf8($"c{i:0000}"), OnMissing.Create);
                        commit.BeginAttributes();
                        commit.Attribute("n"u8);
                        commit.Int64(i);
                        commit.Attribute("half"u8);
                        commit.Float64((i - 1_000) / 2.0 + 0.5);
                        commit.EndAttributes();
                        commit.EndOperation();
                    }
                },
                Token);
        }
    }
}
