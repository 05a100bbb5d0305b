using System.Text;
using Cairn.Diagnostics;
using Cairn.Domain.Tests.Reconciliation.Model;
using Cairn.Formats;
using Cairn.Model;
using Cairn.Primitives;
using Cairn.Reconciliation;
using Cairn.Storage;

namespace Cairn.Domain.Tests.Concurrency;

/// <summary>Several processes, each with a catalog of its own, on one store.</summary>
public sealed class SharedSpaceTests : IAsyncDisposable
{
    private static readonly SpaceName Demo = SpaceName.Parse("demo");
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(20);
    private readonly MemorySpaceStore _store = new(maxAppendsPerFile: 40, isShared: true);
    private readonly List<SpaceCatalog> _processes = [];
    private ulong _ids = 1;

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Read_WhenStrong_SeesWhatAnotherProcessWasAnswered()
    {
        var (mine, other) = (await OpenAsync(), await OpenAsync());
        for (var i = 0; i < 100; i++)
        {
            var written = await PutAsync(i % 2 == 0 ? mine : other, $"c{i}");
            var reader = i % 2 == 0 ? other : mine;

            var position = await reader.FreshenAsync(strong: true, Token);

            Assert.Equal(written.Position, position);
            Assert.True(reader.Current.Position >= position);
            Assert.True(Has(reader, $"c{i}"));
        }
    }

    [Fact]
    public async Task WaitForAsync_WhenAnotherProcessGaveThePositionOut_ReachesIt()
    {
        var (mine, other) = (await OpenAsync(TimeSpan.FromHours(1)), await OpenAsync());
        var written = await PutAsync(other, "a");

        await mine.WaitForAsync(written.Position, Patience, Token);

        Assert.True(Has(mine, "a"));
    }

    [Fact]
    public async Task WaitForCommitAsync_WhenAnotherProcessAppendsIt_SeesIt()
    {
        var (mine, other) = (await OpenAsync(TimeSpan.FromMilliseconds(20)), await OpenAsync());
        var waiting = mine.WaitForCommitAsync("key"u8.ToArray(), Patience, Token);

        var written = await other.CommitAsync(Put(other, "a", "key"), Token);

        Assert.Equal(written.Position, (await waiting)!.Position);
    }

    [Fact]
    public async Task Current_WhenTheSpaceIsUsed_FollowsTheOthersByItself()
    {
        var (mine, other) = (await OpenAsync(TimeSpan.FromMilliseconds(20)), await OpenAsync());
        await mine.FreshenAsync(strong: false, Token);
        var written = await PutAsync(other, "a");

        for (var waited = 0; mine.Current.Position < written.Position; waited++)
        {
            Assert.True(waited < 1_000, "what another process wrote was not seen");
            await Task.Delay(20, Token);
        }
    }

    [Fact]
    public async Task Commit_WhenTheIdWasUsedInAnotherProcess_IsADuplicateWithTheFirstOutcome()
    {
        var (mine, other) = (await OpenAsync(), await OpenAsync());
        var first = await mine.CommitAsync(Put(mine, "a", "key"), Token);
        var again = await other.CommitAsync(Put(other, "a", "key"), Token);

        Assert.Equal(OutcomeKind.Committed, first.Kind);
        Assert.Equal((true, first.Position), (again.IsDuplicate, again.Position));
    }

    [Fact]
    public async Task Commit_WhenManyProcessesWriteAtOnce_AllAgreeAndNothingIsLostOrTwice()
    {
        const int Processes = 3;
        const int Commits = 150;
        var spaces = new List<Space>();
        for (var i = 0; i < Processes; i++)
        {
            spaces.Add(await OpenAsync());
        }

        var outcomes = await Task.WhenAll(spaces.SelectMany((space, p) => Enumerable.Range(0, Commits).Select(i => Task.Run(
            async () => i % 3 == 0
                ? await space.IngestAsync(Put(space, $"p{p}-{i}", null), Token)
                : (await PutAsync(space, $"p{p}-{i}")).Position,
            Token))));
        Assert.Equal(Processes * Commits, outcomes.Distinct().Count());
        foreach (var space in spaces)
        {
            await space.WaitForAsync(await space.FreshenAsync(strong: true, Token), Patience, Token);
        }

        var expected = SnapshotText.Of((await OpenAsync()).Current);
        foreach (var space in spaces)
        {
            Assert.Equal(Processes * Commits, space.Current.ConceptCount);
            Assert.Equal(expected, SnapshotText.Of(space.Current));
        }
    }

    [Fact]
    public async Task Configure_WhenAnotherProcessChangedSomethingElse_KeepsBoth()
    {
        var (mine, other) = (await OpenAsync(), await OpenAsync());
        await mine.ConfigureAsync(static settings => settings with { HalfLife = TimeSpan.FromDays(3) }, Token);
        await other.ConfigureAsync(static settings => settings with { IdempotencyWindow = TimeSpan.FromHours(5) }, Token);

        await mine.FreshenAsync(strong: true, Token);

        Assert.Equal((TimeSpan.FromDays(3), TimeSpan.FromHours(5)), (mine.Current.Settings.HalfLife, mine.Current.Settings.IdempotencyWindow));
    }

    [Fact]
    public async Task Delete_WhenAnotherProcessHasTheSpaceOpen_EndsItThereAndItsNextLifeIsFound()
    {
        var (mine, other) = (await OpenAsync(), await OpenAsync());
        await PutAsync(mine, "a");
        await PutAsync(other, "b");
        await _processes[1].DeleteAsync(Demo, Token);

        var failure = await Assert.ThrowsAsync<CairnException>(async () => await PutAsync(mine, "c"));

        Assert.Equal(("unknown-space", ErrorKind.NotFound), (failure.Problem, failure.Kind));
        Assert.Null(await _processes[0].FindAsync(Demo, Token));
        await _processes[1].CreateAsync(Demo, Token);
        var reborn = await _processes[0].FindAsync(Demo, Token);
        Assert.NotEqual(mine.Record.Incarnation, reborn!.Record.Incarnation);
        Assert.Equal(0, reborn.Current.ConceptCount);
    }

    [Fact]
    public async Task Delete_WhenOnlyAnotherProcessHasTheSpaceOpen_SealsItsLogAllTheSame()
    {
        var mine = await OpenAsync();
        await PutAsync(mine, "a");
        await using var other = Process(TimeSpan.FromSeconds(1));

        Assert.True(await other.DeleteAsync(Demo, Token));

        Assert.Equal(ErrorKind.NotFound, (await Assert.ThrowsAsync<CairnException>(async () => await PutAsync(mine, "b"))).Kind);
    }

    [Fact]
    public async Task Read_WhenAnotherProcessSealedTheSpace_IsNotFoundThoughItsFilesAreStillThere()
    {
        var (mine, other) = (await OpenAsync(), await OpenAsync());
        await PutAsync(other, "a");
        await mine.FreshenAsync(strong: true, Token);
        await other.SealAsync();

        var failure = await Assert.ThrowsAsync<CairnException>(async () => await mine.FreshenAsync(strong: true, Token));

        Assert.Equal(("unknown-space", ErrorKind.NotFound), (failure.Problem, failure.Kind));
        Assert.True(mine.IsGone);
    }

    [Fact]
    public async Task Read_WhenTheSpaceTookLongToOpen_LooksForWhatWasWrittenMeanwhile()
    {
        var (other, gate, time) = (await OpenAsync(), new WriterGate(), new ManualTime());
        await PutAsync(other, "a");
        await using var slow = Process(TimeSpan.FromSeconds(1), new GatedStore(_store, gate), time);
        gate.Close(GatedStore.ReadLog);
        var opening = slow.FindAsync(Demo, Token).AsTask();
        await gate.Reached.WaitAsync(Patience, Token);
        await PutAsync(other, "b");
        time.Advance(TimeSpan.FromSeconds(10));
        gate.Open();
        var space = (await opening)!;
        Assert.Equal(TimeSpan.FromSeconds(10), space.Lag);

        await space.FreshenAsync(strong: false, Token);

        Assert.True(Has(space, "b"));
    }

    [Fact]
    public async Task Changes_WhenAnotherProcessWrites_AreSeenOnceInOrder()
    {
        var (mine, other) = (await OpenAsync(TimeSpan.FromMilliseconds(20)), await OpenAsync());
        var reader = mine.ReadChanges(LogPosition.Zero);
        for (var i = 0; i < 50; i++)
        {
            await PutAsync(i % 5 == 0 ? mine : other, $"c{i:00}");
        }

        var seen = new List<LogPosition>();
        while (seen.Count < 50)
        {
            Assert.True(await reader.WaitAsync(Patience, Token), "no change came");
            var page = await reader.ReadAsync(20, Token);
            seen.AddRange(page.Select(static change => change.Position));
        }

        Assert.Equal(seen.Order(), seen);
        Assert.Equal(50, seen.Distinct().Count());
        reader.Dispose();
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var process in _processes)
        {
            await process.DisposeAsync();
        }
    }

    private SpaceCatalog Process(TimeSpan tailInterval, ISpaceStore? store = null, TimeProvider? time = null) => new(
        store ?? _store,
        EngineOptions.Default with { TailInterval = tailInterval },
        _ => new(time ?? TimeProvider.System, () => Interlocked.Increment(ref _ids), SilentEngineObserver.Instance));

    private async Task<Space> OpenAsync(TimeSpan? tailInterval = null)
    {
        var process = Process(tailInterval ?? TimeSpan.FromSeconds(1));
        _processes.Add(process);
        return (await process.CreateAsync(Demo, Token)).Space;
    }

    private static bool Has(Space space, string id) => space.Current.FindConcept(Encoding.UTF8.GetBytes(id)) >= 0;

    private static async Task<CommitOutcome> PutAsync(Space space, string id) => await space.CommitAsync(Put(space, id, null), Token);

    private static EncodedCommit Put(Space space, string id, string? key)
    {
        var writer = new CommitWriter(space.Record.Incarnation);
        writer.Begin(Encoding.ASCII.GetBytes(key ?? $"made-{id}"), givenByCaller: key is not null, space.Now());
        writer.Put(new Concept { Id = id }, OnExists.Replace);
        return writer.Finish();
    }
}
