using System.Globalization;
using System.Text;
using Cairn.Columns;
using Cairn.Diagnostics;
using Cairn.Domain.Tests.Concurrency;
using Cairn.Domain.Tests.Formats.Segments;
using Cairn.Domain.Tests.Reconciliation;
using Cairn.Domain.Tests.Storage;
using Cairn.Formats;
using Cairn.Model;
using Cairn.Primitives;
using Cairn.Query;
using Cairn.Query.Search;
using Cairn.Reconciliation;
using Cairn.Snapshots;
using Cairn.Snapshots.Checkpoints;
using Cairn.Snapshots.Derived;
using Cairn.Storage;
using Cairn.Text;

namespace Cairn.Domain.Tests.Query.Search;

/// <summary>Checkpoints hold the indexes that searches use, and whoever opens the space goes on with them.</summary>
public sealed partial class StoredIndexTests : IAsyncDisposable
{
    private static readonly EngineOptions Manual = EngineOptions.Default with
    {
        Checkpoints = CheckpointOptions.Default with { TailOperations = long.MaxValue, ClosingOperations = long.MaxValue },
    };

    private static readonly string[] Words = ["apple", "pear", "plum", "running", "river", "stone", "bridge", "green"];
    private readonly MemorySpaceStore _store = new();

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public ValueTask DisposeAsync() => _store.DisposeAsync();

    [Fact]
    public async Task Search_WhenACheckpointHoldsTheIndexes_ReadsNoTexts()
    {
        List<string> before;
        await using (var live = await OpenAsync())
        {
            await PutAsync(live, 0, 4_000);
            before = Search(live.Space.Current);
            await live.Space.CheckpointAsync(Token);
        }

        await using var again = await OpenAsync();
        var snapshot = again.Space.Current;
        Assert.Equal(0, snapshot.Derived<TextIndexing>().Bytes);

        Assert.NotEmpty(Find(snapshot, new() { Now = default, Text = Integers.Utf8("\"green stone\" run*") }));
        Assert.NotEmpty(Find(snapshot, new() { Now = default, Vector = VectorOf(3) }));
        Assert.Equal(0, LoadedTexts(snapshot));
        Assert.Equal(before, Search(snapshot));
        Assert.Equal(before, SearchAnew(snapshot));
        Assert.NotEqual(0, LoadedTexts(snapshot));
    }

    /// <summary>In some lives of the process somebody searches, in others nobody does; checkpoints pass the indexes on.</summary>
    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public async Task Search_WhenTheSpaceIsWrittenToAndReopenedManyTimes_FindsWhatANewIndexFinds(int seed)
    {
        var random = new Random(seed);
        for (var round = 0; round < 12; round++)
        {
            await using var live = await OpenAsync();
            if (random.Next(3) == 0)
            {
                Search(live.Space.Current);
            }

            for (var burst = random.Next(4); burst > 0; burst--)
            {
                await ChangeAsync(live, random, 1 + random.Next(300));
                if (random.Next(3) == 0)
                {
                    Search(live.Space.Current);
                }

                if (random.Next(3) > 0)
                {
                    await (random.Next(5) == 0 ? live.Space.CompactAsync(Token) : live.Space.CheckpointAsync(Token));
                }
            }

            var snapshot = live.Space.Current;
            Assert.Equal(Search(snapshot), SearchAnew(snapshot));
        }
    }

    [Fact]
    public async Task Checkpoint_WhenNobodySearches_PassesTheIndexesOnWithoutLoadingThem()
    {
        await StoreAsync(3_000);
        await using (var live = await OpenAsync())
        {
            await PutAsync(live, 2_990, 20); // 10 of them as they are
            await live.Space.CheckpointAsync(Token);
            Assert.Equal(0, live.Space.Current.Derived<TextIndexing>().Bytes);
        }

        var stored = await NewestAsync();
        Assert.Equal(3, stored.Derived.States.Count);
        Assert.All(stored.Derived.States, static index => Assert.Equal(10, index.Stale.Count));
        await using var again = await OpenAsync();
        Assert.Equal(Search(again.Space.Current), SearchAnew(again.Space.Current));
    }

    [Fact]
    public async Task Checkpoint_WhenMoreChangedThanIsPassedOn_BringsTheIndexesAlong()
    {
        await StoreAsync(300);
        await using (var live = await OpenAsync())
        {
            for (var from = 300; from < 300 + DerivedState.MaxStale + 1; from += 5_000)
            {
                await live.CommitAsync(commit => PutAll(commit, from, 5_000, static _ => null), Token);
            }

            await live.Space.CheckpointAsync(Token);
        }

        var stored = await NewestAsync();
        Assert.Equal(3, stored.Derived.States.Count);
        Assert.All(stored.Derived.States, static index => Assert.Empty(index.Stale));
    }

    [Fact]
    public async Task Checkpoint_WhenAnIndexTookLong_IsWrittenForIt()
    {
        var options = EngineOptions.Default with
        {
            Checkpoints = CheckpointOptions.Default with { TailOperations = long.MaxValue, TailBytes = long.MaxValue, Interval = TimeSpan.Zero },
        };
        await using (var live = await OpenAsync(options))
        {
            for (var from = 0; from < DerivedIndex<object>.MinStored; from += 5_000)
            {
                await live.CommitAsync(commit => PutAll(commit, from, 5_000, static _ => null), Token);
            }

            await live.Space.CheckpointAsync(Token);
            Find(live.Space.Current, new() { Now = default, Text = Integers.Utf8("apple") });
        }

        Assert.Contains((await NewestAsync()).Derived.States, static index => index.Number == TextIndexing.SectionArgument);
    }

    /// <summary>A reader who began before the checkpoint was written reads an older state than what the index can be loaded as.</summary>
    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Search_WhenTheIndexWasLetGoAtALaterStateThanTheReaders_FindsWhatANewIndexFinds(bool readsOlder)
    {
        var time = new ManualTime();
        await using var live = await LiveSpace.OpenAsync(_store, SilentEngineObserver.Instance, Token, Manual, time);
        await PutAsync(live, 0, 300);
        Search(live.Space.Current);
        await live.Space.CheckpointAsync(Token);
        await PutAsync(live, 300, 300); // more than the writer brings along
        time.Advance(DerivedIndex<object>.KeptFor * 2);
        await PutAsync(live, 600, 10);
        var older = live.Space.Current;
        await PutAsync(live, 590, 500);
        await live.Space.CheckpointAsync(Token);
        Assert.Equal(0, live.Space.Current.Derived<TextIndexing>().Bytes);
        var asOfIt = readsOlder ? Search(older) : SearchAnew(older);

        await live.CommitAsync(static commit => Delete(commit, 1_000, 50), Token);

        Assert.Equal(Search(live.Space.Current), SearchAnew(live.Space.Current));
        Assert.Equal(SearchAnew(older), asOfIt);
    }

    [Fact]
    public async Task Compact_WhenAStoredIndexIsNotFollowed_KeepsIt()
    {
        await StoreAsync(500);
        await using (var live = await OpenAsync())
        {
            Search(live.Space.Current);
            await PutAsync(live, 500, 500); // more than the writer brings along
            await live.Space.CompactAsync(Token);
            await PutAsync(live, 1_000, 1);
            await live.Space.CheckpointAsync(Token);
        }

        Assert.Equal(3, (await NewestAsync()).Derived.States.Count);
    }

    /// <summary>The first change loads which document and which slot each row has; the writer does not wait for that.</summary>
    [Fact]
    public async Task Follow_WhenNobodyChangedAnOpenedIndexYet_LeavesThatToAReader()
    {
        await StoreAsync(500);
        await using var live = await OpenAsync();
        Search(live.Space.Current);

        await PutAsync(live, 500, 1);
        Assert.Equal((false, false), Followed());
        Search(live.Space.Current);
        await PutAsync(live, 501, 1);
        Assert.Equal((true, true), Followed());

        (bool, bool) Followed() =>
            (live.Space.Current.View(live.Space.Current.Derived<TextIndexing>()) is not null, live.Space.Current.View(live.Space.Current.Derived<VectorIndexing>()) is not null);
    }

    /// <summary>What is passed on is not written again because somebody began to read it meanwhile.</summary>
    [Fact]
    public async Task Stored_WhenAReaderOpenedTheIndexThatIsPassedOn_AddsToItsChunks()
    {
        await StoreAsync(500);
        await using var live = await OpenAsync();
        var before = await NewestAsync();
        var snapshot = live.Space.Current;
        foreach (var index in snapshot.Shared.AllDerived)
        {
            var chunks = new MemoryChunks();
            var origin = before.Derived.States.Single(state => state.Number == index.Number);
            index.Restore(new(origin, before.Derived.Files, snapshot));
            var passedOn = await index.WriteAsync(snapshot, origin, chunks, Token);
            index.Build(snapshot, Token);
            index.Stored(new(passedOn!, before.Derived.Files, snapshot));

            await index.WriteAsync(snapshot, passedOn, chunks, Token);
            Assert.Empty(chunks.Written);
        }
    }

    /// <summary>Readers may be far ahead of what a checkpoint has captured. It holds their index all the same, and what of it is stale.</summary>
    [Fact]
    public async Task WriteAsync_WhenReadersAreFarAhead_StoresTheirIndex()
    {
        var replay = new ReplayHarness();
        replay.Commit(static commit => PutAll(commit, 0, 100, static _ => null));
        var captured = replay.Publish();
        for (var from = 100; from <= 100 + DerivedState.MaxStale; from += 5_000)
        {
            replay.Commit(commit => PutAll(commit, from, 5_000, static _ => null));
        }

        var newest = replay.Publish();
        var (index, chunks) = (newest.Derived<TextIndexing>(), new MemoryChunks());
        index.Build(newest, Token);

        var written = await index.WriteAsync(captured, before: null, chunks, Token);

        Assert.Equal(Enumerable.Range(100, newest.ConceptRows - 100), written!.Stale);
        Assert.Equal(newest.ConceptRows, StoredText.Read(written.Content.Body.Span).LiveCount);
    }

    /// <summary>What another language needs is another index.</summary>
    [Fact]
    public async Task Search_WhenTheLanguageChangedSince_FindsByTheNewOne()
    {
        await StoreAsync(300);
        await using var live = await OpenAsync();
        await live.Space.ConfigureAsync(static settings => settings with { Language = TextLanguage.None }, Token);
        await live.Space.CheckpointAsync(Token);

        Assert.Equal(Search(live.Space.Current), SearchAnew(live.Space.Current));
    }

    /// <summary>Who serves the space in other processes gets the index that one of them has stored.</summary>
    [Fact]
    public async Task Checkpoint_WhenAnotherProcessStoredTheIndexes_GoesOnWithThem()
    {
        await using var store = new MemorySpaceStore(isShared: true);
        await using var reading = await OpenAsync(Manual, store);
        await using var writing = await OpenAsync(Manual, store);
        await PutAsync(writing, 0, 500);
        await reading.Space.FreshenAsync(strong: true, Token);
        Search(reading.Space.Current);
        await reading.Space.CheckpointAsync(Token);

        await PutAsync(writing, 400, 200);
        await writing.Space.CheckpointAsync(Token);

        await using var cold = await OpenAsync(Manual, store);
        Assert.Equal(3, (await NewestAsync(store)).Derived.States.Count);
        Assert.Equal(Search(cold.Space.Current), SearchAnew(cold.Space.Current));
    }

    /// <summary>What neither of two processes reads is loaded by neither.</summary>
    [Fact]
    public async Task Checkpoint_WhenAnotherProcessPassedTheIndexesOn_PassesThemOnToo()
    {
        await using var store = new MemorySpaceStore(isShared: true);
        await using (var live = await OpenAsync(Manual, store))
        {
            await PutAsync(live, 0, 500);
            Search(live.Space.Current);
            await live.Space.CheckpointAsync(Token);
        }

        await using var first = await OpenAsync(Manual, store);
        await using var second = await OpenAsync(Manual, store);
        await PutAsync(second, 400, 200);
        await second.Space.CheckpointAsync(Token);
        await PutAsync(first, 500, 200);
        await first.Space.CheckpointAsync(Token);

        Assert.Equal(0, first.Space.Current.Derived<TextIndexing>().Bytes);
        Assert.Equal(Search(first.Space.Current), SearchAnew(first.Space.Current));
        Assert.Equal(3, (await NewestAsync(store)).Derived.States.Count);
    }

    private Task<LiveSpace> OpenAsync(EngineOptions? options = null, MemorySpaceStore? store = null) =>
        LiveSpace.OpenAsync(store ?? _store, SilentEngineObserver.Instance, Token, options ?? Manual);

    private async Task StoreAsync(int count)
    {
        await using var live = await OpenAsync();
        await PutAsync(live, 0, count);
        Search(live.Space.Current);
        await live.Space.CheckpointAsync(Token);
    }

    private async Task<StoredCheckpoint> NewestAsync(MemorySpaceStore? store = null)
    {
        await using var live = await OpenAsync(store: store);
        var blobs = (store ?? _store).OpenBlobs(live.Space.Record);
        var manifest = await new ManifestStore(blobs, live.Space.Record.Incarnation).FindNewestAsync(Token);
        return await StoredCheckpoint.OpenAsync(blobs, manifest!, Token);
    }

    private static void Delete(CommitWriter commit, int first, int count)
    {
        for (var number = first; number < first + count; number++)
        {
            commit.Delete(Integers.Utf8(Id(number)), OnMissing.Skip);
        }
    }

    private static Task<CommitOutcome> PutAsync(LiveSpace live, int first, int count) => live.CommitAsync(commit => PutAll(commit, first, count, VectorOf), Token);

    private static void PutAll(CommitWriter commit, int first, int count, Func<int, float[]?> vector)
    {
        for (var number = first; number < first + count; number++)
        {
            commit.Put(new Concept { Id = Id(number), Content = TextOf(number), Vector = vector(number) }, OnExists.Replace);
        }
    }

    private static async Task ChangeAsync(LiveSpace live, Random random, int count)
    {
        var (first, deletes) = (random.Next(600), random.Next(3) == 0);
        await live.CommitAsync(
            commit =>
            {
                for (var i = 0; i < count; i++)
                {
                    var number = first + i;
                    if (deletes)
                    {
                        commit.Delete(Integers.Utf8(Id(number)), OnMissing.Skip);
                    }
                    else
                    {
                        var vector = random.Next(4) == 0 ? null : VectorOf(number + random.Next(50));
                        commit.Put(new Concept { Id = Id(number), Content = TextOf(number + random.Next(100)), Vector = vector }, OnExists.Replace);
                    }
                }
            },
            Token);
    }

    private static string Id(int number) => string.Create(CultureInfo.InvariantCulture, $"c{number}");

    private static string TextOf(int number) => string.Create(
        CultureInfo.InvariantCulture, $"{Words[number % 8]} {Words[number / 8 % 8]} and {Words[number / 64 % 8]} w{number % 97} u{number}");

    private static float[] VectorOf(int number) => [MathF.Sin(number), MathF.Cos(number * 0.7f), MathF.Sin(number * 1.3f), 0.5f];

    // By words, phrase and prefix; by vector; by the built-in model.
    private static List<string> Search(Snapshot snapshot)
    {
        var found = new List<string>();
        foreach (var text in new[] { "apple river", "\"green stone\" w5", "run* u1*", "u250 u251 u2990 u3005" })
        {
            found.AddRange(Find(snapshot, new() { Now = default, Text = Integers.Utf8(text), Limit = 20 }));
            found.AddRange(Find(snapshot, new() { Now = default, Text = Integers.Utf8(text), UsesBuiltInModel = true, Limit = 20 }));
        }

        foreach (var number in snapshot.ConceptCount > 0 && HasVectors(snapshot) ? [3, 77, 401] : Array.Empty<int>())
        {
            found.AddRange(Find(snapshot, new() { Now = default, Vector = VectorOf(number), Limit = 20 }));
        }

        return found;
    }

    private static bool HasVectors(Snapshot snapshot) =>
        Enumerable.Range(0, snapshot.ConceptRows).Any(row => snapshot.Concept(row).IsAlive && !snapshot.Concept(row).GivenVector.IsEmpty);

    // What is kept is not asked.
    private static List<string> SearchAnew(Snapshot snapshot)
    {
        foreach (var index in snapshot.Shared.AllDerived)
        {
            snapshot.Shared.Replace(index);
        }

        return Search(snapshot);
    }

    private static List<string> Find(Snapshot snapshot, SearchQuery query) =>
        [.. (query with { IsExact = true }).Start(snapshot).Run(Token).Hits.Select(hit => $"{Encoding.UTF8.GetString(snapshot.Concept(hit.Row).Id)} {hit.Fused:R}")];

    private static long LoadedTexts(Snapshot snapshot) => LazyChunks.CountLoaded(snapshot.Concepts.ArenaOf(ConceptColumn.Content).Chunks);
}
