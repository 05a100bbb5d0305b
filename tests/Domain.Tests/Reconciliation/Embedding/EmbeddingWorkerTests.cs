using System.Text;
using Cairn.Diagnostics;
using Cairn.Formats;
using Cairn.Model;
using Cairn.Primitives;
using Cairn.Reconciliation;
using Cairn.Storage;

namespace Cairn.Domain.Tests.Reconciliation.Embedding;

/// <summary>An open space has its concepts embedded behind the commits.</summary>
public sealed class EmbeddingWorkerTests : IAsyncDisposable
{
    private static readonly SpaceName Name = SpaceName.Parse("demo");

    private readonly MemorySpaceStore _store = new();
    private readonly FailureNotes _failures = new();
    private long _ids;
    private int _commits;

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public ValueTask DisposeAsync() => _store.DisposeAsync();

    [Fact]
    public async Task Space_WhenConceptsAreWritten_EmbedsThemAndChangesNothingElse()
    {
        var model = new FakeEmbedder();
        await using var catalog = Open(model);
        var space = await PutAsync(catalog, "a", "b", "c", "d", "e", "f", "g");
        var version = space.Current.Concept(0).Version;

        await UntilAsync(() => Embedded(space, "m1") == 7 && space.GetStatistics().Embeddings!.Waiting == 0);

        Assert.Equal(["a\ntext a", "b\ntext b", "c\ntext c", "d\ntext d", "e\ntext e", "f\ntext f", "g\ntext g"], model.Texts.Order());
        Assert.Equal((version, 0), (space.Current.Concept(0).Version, space.Current.Concept(0).VectorDimensions));
        Assert.Equal("m1", space.Current.Settings.EmbeddingModel);
        using var changes = space.ReadChanges(LogPosition.Zero);
        Assert.Single(await changes.ReadAsync(100, Token));
    }

    [Fact]
    public async Task Space_WhenTheTextChanges_EmbedsItAnewAndNothingElse()
    {
        var model = new FakeEmbedder();
        await using var catalog = Open(model);
        var space = await PutAsync(catalog, "a", "b");
        await UntilAsync(() => Embedded(space, "m1") == 2);

        await CommitAsync(space, static commit =>
        {
            commit.BeginPatch("a"u8, OnMissing.Fail);
            commit.Content("other"u8);
            commit.EndOperation();
            commit.Reinforce("b"u8, 0.5f, OnMissing.Fail);
        });
        await UntilAsync(() => Embedded(space, "m1") == 2 && space.GetStatistics().Embeddings!.Embedded == 3);

        Assert.Equal(["a\nother", "a\ntext a", "b\ntext b"], model.Texts.Order());
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Space_WhenOpenedAgain_HasTheVectorsAndAsksForNone(bool compacted)
    {
        await using (var catalog = Open(new FakeEmbedder(mark: -1)))
        {
            var space = await PutAsync(catalog, "a", "b", "c", "d");
            await UntilAsync(() => Embedded(space, "m1") == 4);
            await CommitAsync(space, static commit => commit.Delete("b"u8, OnMissing.Fail));
            await (compacted ? space.CompactAsync(Token) : space.CheckpointAsync(Token));
        }

        var model = new FakeEmbedder();
        await using var again = Open(model);
        var (reopened, _) = await again.CreateAsync(Name, Token);
        Assert.True(reopened.GetStatistics().CheckpointPosition > LogPosition.Zero);
        Assert.Equal(3, Embedded(reopened, "m1"));
        var row = reopened.Current.FindConcept("d"u8);
        Assert.Equal(-1f, BitConverter.ToSingle(reopened.Current.Concept(row).Embedding(EmbeddingsBody.KeyOf("m1"))));

        await PutAsync(again, "new");
        await UntilAsync(() => Embedded(reopened, "m1") == 4);
        Assert.Equal(["new\ntext new"], model.Texts);
    }

    [Fact]
    public async Task Space_WhenTheModelIsAnother_ServesTheOldOneUntilAllAreThere()
    {
        await using (var catalog = Open(new FakeEmbedder()))
        {
            var space = await PutAsync(catalog, "a", "b", "c", "d");
            await UntilAsync(() => Embedded(space, "m1") == 4);
        }

        var model = new FakeEmbedder("m2") { Gate = new() };
        await using var again = Open(model);
        var (reopened, _) = await again.CreateAsync(Name, Token);
        await UntilAsync(() => model.Texts.Length > 0);
        Assert.Equal(("m1", "m2", 4), (reopened.Current.Settings.EmbeddingModel, reopened.Current.Settings.NextEmbeddingModel, Embedded(reopened, "m1")));

        model.Gate.SetResult();
        await UntilAsync(() => reopened.Current.Settings.EmbeddingModel == "m2");

        Assert.Equal((null, 4), (reopened.Current.Settings.NextEmbeddingModel, Embedded(reopened, "m2")));
    }

    [Fact]
    public async Task Space_WhenOtherAttributesAreRead_EmbedsWhatThatChangesAnew()
    {
        var model = new FakeEmbedder();
        await using var catalog = Open(model);
        var space = await PutAsync(catalog, "a");
        await CommitAsync(space, static commit => commit.Put(new Concept { Id = "b", Attributes = new Dictionary<string, Value> { ["note"] = "x" } }, OnExists.Fail));
        await UntilAsync(() => Embedded(space, "m1") == 2 && space.GetStatistics().Embeddings!.Waiting == 0);

        await space.ConfigureAsync(static settings => settings with { TextAttributes = TextAttributes.Of("other") }, Token);
        await UntilAsync(() => Embedded(space, "m1") == 2 && space.GetStatistics().Embeddings!.Embedded == 3);

        Assert.Equal(["a\ntext a", "b", "b\nx"], model.Texts.Order(StringComparer.Ordinal));
    }

    /// <summary>What the model answers is of a text that is the concept's no more, and nothing but the settings has changed since.</summary>
    [Fact]
    public async Task Space_WhenOtherAttributesAreReadWhileTheModelIsAsked_EmbedsEachAllTheSame()
    {
        var model = new FakeEmbedder { Gate = new() };
        await using var catalog = Open(model);
        var (space, _) = await catalog.CreateAsync(Name, Token);
        await CommitAsync(space, static commit =>
        {
            for (var i = 0; i < 300; i++)
            {
                commit.Put(new Concept { Id = $"c{i}", Attributes = new Dictionary<string, Value> { ["note"] = "x" } }, OnExists.Fail);
            }
        });
        await UntilAsync(() => model.Texts.Length > 0);

        await space.ConfigureAsync(static settings => settings with { TextAttributes = TextAttributes.Of() }, Token);
        model.Gate.SetResult();

        await UntilAsync(() => Embedded(space, "m1") == 300);
    }

    [Fact]
    public async Task Space_WhenTheModelDoesNotAnswer_TakesCommitsTellsAndTriesAgain()
    {
        var model = new FakeEmbedder { Failure = new(ErrorKind.Unavailable, "away") };
        await using var catalog = Open(model);
        var space = await PutAsync(catalog, "a");
        await UntilAsync(() => _failures.Told == 1);
        await PutAsync(catalog, "b");
        Assert.Equal("away", space.GetStatistics().Embeddings!.Failure);
        Assert.Equal(0, Embedded(space, "m1"));

        model.Failure = null;
        await UntilAsync(() => Embedded(space, "m1") == 2 && space.GetStatistics().Embeddings!.Failure is null);
    }

    [Fact]
    public async Task Space_WhenTheModelRefusesTexts_EmbedsTheOthersAndAsksNotAgain()
    {
        var model = new FakeEmbedder { Refuses = static text => text.StartsWith('x') };
        await using var catalog = Open(model);
        var space = await PutAsync(catalog, "a", "x1", "b", "x2");
        await UntilAsync(() => Embedded(space, "m1") == 2 && space.GetStatistics().Embeddings!.Waiting == 0);

        await PutAsync(catalog, "c");
        await UntilAsync(() => Embedded(space, "m1") == 3 && space.GetStatistics().Embeddings!.Waiting == 0);

        Assert.Equal(5, model.Texts.Length);
        Assert.Equal(0, _failures.Told);
    }

    [Fact]
    public async Task Space_WhenClosedWhileTheModelIsAsked_Ends()
    {
        var model = new FakeEmbedder { Gate = new() };
        var catalog = Open(model);
        await PutAsync(catalog, "a");
        await UntilAsync(() => model.Texts.Length > 0);

        await catalog.DisposeAsync();
    }

    private SpaceCatalog Open(IEmbedder model) => new(
        _store, EngineOptions.Default, _ => new(TimeProvider.System, () => (UInt128)Interlocked.Increment(ref _ids), _failures) { Embedder = model });

    private async Task<Space> PutAsync(SpaceCatalog catalog, params string[] ids)
    {
        var (space, _) = await catalog.CreateAsync(Name, Token);
        await CommitAsync(space, commit =>
        {
            foreach (var id in ids)
            {
                commit.BeginPut(Encoding.UTF8.GetBytes(id), OnExists.Fail);
                commit.Content(Encoding.UTF8.GetBytes($"text {id}"));
                commit.EndOperation();
            }
        });
        return space;
    }

    private async Task CommitAsync(Space space, Action<CommitWriter> write)
    {
        var writer = new CommitWriter(space.Record.Incarnation);
        writer.Begin(Encoding.ASCII.GetBytes($"made-{_commits++}"), givenByCaller: false, space.Now());
        write(writer);
        Assert.Equal(OutcomeKind.Committed, (await space.CommitAsync(writer.Finish(), Token)).Kind);
    }

    private static int Embedded(Space space, string model)
    {
        var (snapshot, count) = (space.Current, 0);
        for (var row = 0; row < snapshot.ConceptRows; row++)
        {
            count += snapshot.Concept(row).Embedding(EmbeddingsBody.KeyOf(model)).IsEmpty ? 0 : 1;
        }

        return count;
    }

    private static async Task UntilAsync(Func<bool> holds)
    {
        while (!holds())
        {
            await Task.Delay(5, Token);
        }
    }

    private sealed class FailureNotes : IEngineObserver
    {
        private int _told;

        public int Told => Volatile.Read(ref _told);

        public void EmbeddingFailed(Exception failure) => Interlocked.Increment(ref _told);
    }
}
