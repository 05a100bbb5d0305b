using System.Text;
using Cairn.Diagnostics;
using Cairn.Domain.Tests.Concurrency;
using Cairn.Formats;
using Cairn.Model;
using Cairn.Primitives;
using Cairn.Reconciliation;
using Cairn.Storage;
using Cairn.Storage.Lookups;

namespace Cairn.Domain.Tests.Reconciliation.Lookups;

/// <summary>The index follows the space, whatever happens on the way.</summary>
public sealed class LookupsProjectorTests : IAsyncDisposable
{
    private static readonly SpaceName Demo = SpaceName.Parse("demo");

    private static readonly EngineOptions Small = EngineOptions.Default with
    {
        Checkpoints = CheckpointOptions.Default with { Retention = TimeSpan.FromMinutes(1), ClosingOperations = long.MaxValue },

        // Rounds are the tests' own.
        Lookups = LookupsOptions.Default with { Interval = TimeSpan.FromDays(30) },
    };

    private readonly MemorySpaceStore _store = new(maxFileBytes: 4 * 1024, isShared: true);
    private readonly FailingIndex _index = new();
    private readonly ManualTime _time = new();
    private readonly List<SpaceCatalog> _catalogs = [];
    private ulong _ids;
    private int _commits;

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public async ValueTask DisposeAsync()
    {
        foreach (var catalog in _catalogs)
        {
            await catalog.DisposeAsync();
        }
    }

    [Fact]
    public async Task ProjectAsync_WhenNothingWasProjected_WritesTheWholeSpace()
    {
        var space = await SpaceAsync();
        await WriteAsync(space, 450);
        await CommitAsync(space, writer => writer.Delete("c7"u8, OnMissing.Fail));

        await space.ProjectAsync(Token);

        await HoldsAsync(space);
        var mark = await _index.FindWatermarkAsync(space.Record.Incarnation, Token);
        Assert.Equal((space.Current.Position, null, space.Current.Settings), (mark!.Position, mark.Rebuild, mark.Settings));
    }

    [Fact]
    public async Task ProjectAsync_WhenThereIsAWatermark_WritesOnlyWhatChanged()
    {
        var space = await SpaceAsync();
        await WriteAsync(space, 300);
        await space.ProjectAsync(Token);
        var before = _index.Written;
        await CommitAsync(space, writer =>
        {
            writer.Set("c1", "n", -1);
            writer.Delete("c2"u8, OnMissing.Fail);
            writer.Set("new", "n", 1);
            writer.Reinforce("c3"u8, 0.5f, OnMissing.Fail);
            writer.Link("c4", "knows", "c5");
            writer.Delete("nobody"u8, OnMissing.Skip);
        });
        await space.ConfigureAsync(settings => settings with { HalfLife = TimeSpan.FromDays(9) }, Token);

        await space.ProjectAsync(Token);

        await HoldsAsync(space);
        Assert.Equal(4, _index.Written - before);
        Assert.Equal(TimeSpan.FromDays(9), (await _index.FindWatermarkAsync(space.Record.Incarnation, Token))!.Settings.HalfLife);
    }

    [Fact]
    public async Task ProjectAsync_WhenNothingChanged_AsksNothing()
    {
        var space = await SpaceAsync();
        await WriteAsync(space, 10);
        await space.ProjectAsync(Token);
        var calls = _index.Calls;

        await space.ProjectAsync(Token);

        Assert.Equal(calls, _index.Calls);
    }

    [Fact]
    public async Task Rounds_WhenTimePasses_ComeByThemselves()
    {
        var space = await SpaceAsync(EngineOptions.Default);
        await WriteAsync(space, 10);

        await UntilAsync(async () => (await _index.FindWatermarkAsync(space.Record.Incarnation, Token))?.Position == space.Current.Position, () => _time.Advance(TimeSpan.FromSeconds(5)));

        await HoldsAsync(space);
        Assert.Equal(space.Current.Position, space.GetStatistics().Lookups!.Position);
    }

    /// <summary>A crash at the first call to the index, at the second, and so on: another process goes on and ends with the same.</summary>
    [Fact]
    public async Task ProjectAsync_WhenTheProcessDiesAtAnyCall_IsEndedByTheNext()
    {
        var space = await SpaceAsync();
        await WriteAsync(space, 500);
        var died = 0;
        for (var call = 1; ; call++)
        {
            _index.FailAt(call);
            try
            {
                await space.ProjectAsync(Token);
                break;
            }
            catch (CairnException failure) when (failure.Kind == ErrorKind.Unavailable)
            {
                died++;
            }

            // Another process, which waits until the first is silent for long enough.
            _index.FailAt(0);
            space = await SpaceAsync();
            await CommitAsync(space, writer => writer.Set($"c{call}", "n", -call));
            await CommitAsync(space, writer => writer.Delete(Encoding.ASCII.GetBytes($"c{100 + call}"), OnMissing.Fail));
            _time.Advance(TimeSpan.FromMinutes(2));
        }

        _index.FailAt(0);
        await space.ProjectAsync(Token);
        await HoldsAsync(space);
        Assert.InRange(died, 4, 100);
    }

    [Fact]
    public async Task ProjectAsync_WhenItsWatermarkIsOlderThanTheChanges_WritesTheWholeSpaceAgain()
    {
        var space = await SpaceAsync();
        await WriteAsync(space, 100);
        await space.ProjectAsync(Token);
        var life = space.Record.Incarnation;
        _index.FailAt(1);
        for (var i = 0; i < 5; i++)
        {
            await WriteAsync(space, 100);
            await CommitAsync(space, writer => writer.Delete(Encoding.ASCII.GetBytes($"c{i}"), OnMissing.Fail));
            await space.CheckpointAsync(Token);
            _time.Advance(TimeSpan.FromHours(2));
        }

        await space.CheckpointAsync(Token);
        using (var reader = space.ReadChanges((await _index.FindWatermarkAsync(life, Token))!.Position))
        {
            Assert.Equal("not-retained", (await Assert.ThrowsAsync<CairnException>(async () => await reader.ReadAsync(1, Token))).Problem);
        }

        _index.FailAt(0);
        await space.ProjectAsync(Token);

        await HoldsAsync(space);
    }

    [Fact]
    public async Task ProjectAsync_WhenAnotherProcessIsAtIt_LeavesItToThatUntilItIsSilent()
    {
        var (one, two) = (await SpaceAsync(), await SpaceAsync());
        await WriteAsync(one, 10);
        await one.ProjectAsync(Token);
        await two.FreshenAsync(strong: true, Token);
        await WriteAsync(two, 10);
        var written = _index.Written;

        await two.ProjectAsync(Token);
        Assert.Equal(written, _index.Written);
        _time.Advance(TimeSpan.FromMinutes(2));
        await two.ProjectAsync(Token);

        await HoldsAsync(two);
    }

    /// <summary>One died while it wrote the whole space; the one that goes on has not seen yet what that began with.</summary>
    [Fact]
    public async Task ProjectAsync_WhenAnotherBeganFurtherOn_WaitsUntilItHasSeenAsMuch()
    {
        var (one, two) = (await SpaceAsync(), await SpaceAsync(Small with { TailInterval = TimeSpan.FromDays(30) }));
        await WriteAsync(one, 500);
        await two.FreshenAsync(strong: true, Token);
        await CommitAsync(one, writer => writer.Set("c99", "n", -1)); // the last by id
        _index.FailAt(4);
        await Assert.ThrowsAsync<CairnException>(async () => await one.ProjectAsync(Token));
        _index.FailAt(0);
        _time.Advance(TimeSpan.FromMinutes(2));

        await two.ProjectAsync(Token);
        Assert.NotNull((await _index.FindWatermarkAsync(two.Record.Incarnation, Token))!.Rebuild);
        await two.FreshenAsync(strong: true, Token);
        await two.ProjectAsync(Token);

        await HoldsAsync(two);
    }

    [Fact]
    public async Task DisposeAsync_WhenSomethingIsLeft_ProjectsIt()
    {
        var space = await SpaceAsync();
        await WriteAsync(space, 10);

        await _catalogs[^1].DisposeAsync();

        await HoldsAsync(space);
    }

    [Fact]
    public async Task ProjectAsync_WhenTheLifeWasDropped_WritesNothing()
    {
        var space = await SpaceAsync();
        await WriteAsync(space, 10);
        await space.ProjectAsync(Token);
        await _index.DropAsync(space.Record.Incarnation, Token);
        await WriteAsync(space, 10);

        await space.ProjectAsync(Token);
        await space.ProjectAsync(Token);

        Assert.Empty((await _index.QueryAsync(space.Record.Incarnation, new(null, default, 10), Token)).Documents);
    }

    private static async Task UntilAsync(Func<Task<bool>> holds, Action meanwhile)
    {
        for (var i = 0; !await holds(); i++)
        {
            Assert.InRange(i, 0, 3000);
            meanwhile();
            await Task.Delay(10, Token);
        }
    }

    // What the index holds is what the newest snapshot holds, each at its version.
    private async Task HoldsAsync(Space space)
    {
        var (snapshot, expected) = (space.Current, new List<string>());
        for (var walk = snapshot.ConceptsById(default); walk.MoveNext();)
        {
            if (snapshot.Concept(walk.Row) is var concept && concept.Exists(snapshot.LogClock))
            {
                expected.Add($"{Encoding.UTF8.GetString(concept.Id)}@{concept.Version.Value}");
            }
        }

        var page = await _index.QueryAsync(space.Record.Incarnation, new(null, default, ILookupsIndex.MaxPage), Token);
        Assert.Equal(expected, page.Documents.Select(document => $"{Encoding.UTF8.GetString(document.Id.Span)}@{document.Position.Value}"));
        Assert.Equal(snapshot.Position, (await _index.FindWatermarkAsync(space.Record.Incarnation, Token))!.Position);
    }

    private async Task WriteAsync(Space space, int count)
    {
        for (var i = 0; i < count; i += 10)
        {
            await CommitAsync(space, writer =>
            {
                for (var j = i; j < i + 10; j++)
                {
                    writer.Set($"c{j}", "n", j + _commits);
                }
            });
        }
    }

    private async Task CommitAsync(Space space, Action<CommitWriter> write)
    {
        var writer = new CommitWriter(space.Record.Incarnation);
        writer.Begin(Encoding.ASCII.GetBytes($"made-{++_commits}"), givenByCaller: false, space.Now());
        write(writer);
        Assert.Equal(OutcomeKind.Committed, (await space.CommitAsync(writer.Finish(), Token)).Kind);
    }

    // Each time as another process.
    private async Task<Space> SpaceAsync(EngineOptions? options = null)
    {
        _catalogs.Add(new(_store, options ?? Small, _ => new(_time, () => Interlocked.Increment(ref _ids), SilentEngineObserver.Instance) { Lookups = _index }));
        return (await _catalogs[^1].CreateAsync(Demo, Token)).Space;
    }

    /// <summary>An index that counts, and from some call on does not answer.</summary>
    private sealed class FailingIndex : ILookupsIndex
    {
        private readonly MemoryLookupsIndex _inner = new();
        private int _callsLeft = int.MaxValue;
        private int _calls;
        private int _written;

        public int Calls => Volatile.Read(ref _calls);

        public int Written => Volatile.Read(ref _written);

        /// <summary>From that call on, counted from 1; 0: never.</summary>
        public void FailAt(int call) => Volatile.Write(ref _callsLeft, call == 0 ? int.MaxValue : call);

        public ValueTask<LookupsWatermark?> FindWatermarkAsync(Incarnation life, CancellationToken cancellationToken) => _inner.FindWatermarkAsync(life, cancellationToken);

        public ValueTask<LookupsWatermark?> TryAdvanceAsync(Incarnation life, LookupsWatermark next, CancellationToken cancellationToken)
        {
            Count();
            return _inner.TryAdvanceAsync(life, next, cancellationToken);
        }

        public ValueTask WriteAsync(Incarnation life, IReadOnlyList<LookupDocument> documents, CancellationToken cancellationToken)
        {
            Count();
            Interlocked.Add(ref _written, documents.Count);
            return _inner.WriteAsync(life, documents, cancellationToken);
        }

        public ValueTask<IReadOnlyList<LookupDocument?>> ReadAsync(Incarnation life, IReadOnlyList<ReadOnlyMemory<byte>> ids, CancellationToken cancellationToken) =>
            _inner.ReadAsync(life, ids, cancellationToken);

        public ValueTask<LookupsPage> QueryAsync(Incarnation life, LookupsQuery query, CancellationToken cancellationToken) => _inner.QueryAsync(life, query, cancellationToken);

        public ValueTask<IReadOnlyList<Incarnation>> ListAsync(CancellationToken cancellationToken) => _inner.ListAsync(cancellationToken);

        public ValueTask DropAsync(Incarnation life, CancellationToken cancellationToken) => _inner.DropAsync(life, cancellationToken);

        public ValueTask DisposeAsync() => _inner.DisposeAsync();

        private void Count()
        {
            Interlocked.Increment(ref _calls);
            if (Interlocked.Decrement(ref _callsLeft) <= 0)
            {
                throw new CairnException(ErrorKind.Unavailable, "the index does not answer");
            }
        }
    }
}
