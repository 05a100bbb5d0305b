using Cairn.Domain.Tests.Storage;
using Cairn.Infra.Local;
using Cairn.Primitives;
using Cairn.Storage;

namespace Cairn.Infra.Tests.Local;

public sealed class LocalSpaceStoreTests : SpaceStoreConformance, IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task Open_WhenHeldByThisProcess_IsRefusedAndNamesIt()
    {
        await using var store = LocalSpaceStore.Open(_folder.Path);
        store.SetAddress("http://127.0.0.1:7071");

        var failure = Assert.Throws<CairnException>(() => LocalSpaceStore.Open(_folder.Path));

        Assert.Equal(ErrorKind.Conflict, failure.Kind);
        Assert.Contains($"process {Environment.ProcessId} at http://127.0.0.1:7071", failure.Message, StringComparison.Ordinal);
        Assert.Equal(new FolderHolder(Environment.ProcessId, "http://127.0.0.1:7071"), LocalSpaceStore.FindHolder(_folder.Path));
    }

    [Fact]
    public async Task Open_WhenHeldByAnotherProcess_IsRefusedUntilItIsKilled()
    {
        using var other = LogProcess.Start("hold", _folder.Path, "http://127.0.0.1:7072");
        Assert.Equal("ready", await other.Output.ReadLineAsync(Token));

        var failure = Assert.Throws<CairnException>(() => LocalSpaceStore.Open(_folder.Path));
        Assert.Equal(ErrorKind.Conflict, failure.Kind);
        Assert.Contains($"process {other.Id} at http://127.0.0.1:7072", failure.Message, StringComparison.Ordinal);

        await other.KillAsync(Token);
        await using var store = LocalSpaceStore.Open(_folder.Path);
        Assert.Equal(new FolderHolder(Environment.ProcessId, ""), LocalSpaceStore.FindHolder(_folder.Path));
    }

    [Fact]
    public async Task Open_WhenAnotherProcessTriesMeanwhile_RefusesIt()
    {
        await using var store = LocalSpaceStore.Open(_folder.Path);
        using var other = LogProcess.Start("hold", _folder.Path, "none");

        var refusal = $"Conflict: {_folder.Path} is in use by process {Environment.ProcessId}";
        Assert.StartsWith(refusal, await other.Output.ReadLineAsync(Token), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Dispose_WhenHeld_LetsTheFolderGo()
    {
        await LocalSpaceStore.Open(_folder.Path).DisposeAsync();

        Assert.Null(LocalSpaceStore.FindHolder(_folder.Path));
        await LocalSpaceStore.Open(_folder.Path).DisposeAsync();
    }

    [Fact]
    public async Task Spaces_WhenReopened_AreThere()
    {
        await using (var store = LocalSpaceStore.Open(_folder.Path))
        {
            await store.CreateAsync(Record(), Token);
        }

        await using var again = LocalSpaceStore.Open(_folder.Path);
        Assert.Equal([Record()], await again.ListAsync(Token));
        Assert.True(Directory.Exists(Path.Combine(_folder.Path, "demo", Record().Incarnation.ToString(), "log")));
    }

    [Fact]
    public async Task Open_WhenADeletionWasInterrupted_FinishesIt()
    {
        await using (var store = LocalSpaceStore.Open(_folder.Path))
        {
            await store.CreateAsync(Record(), Token);
        }

        var space = Path.Combine(_folder.Path, "demo");
        File.Move(Path.Combine(space, "current"), Path.Combine(space, Record().Incarnation + ".deleted"));
        await using var again = LocalSpaceStore.Open(_folder.Path);

        Assert.Empty(await again.ListAsync(Token));
        Assert.False(Directory.Exists(space));
    }

    [Fact]
    public async Task Open_WhenAPointerIsMissing_DeletesNothing()
    {
        await using (var store = LocalSpaceStore.Open(_folder.Path))
        {
            await store.CreateAsync(Record(), Token);
        }

        File.Delete(Path.Combine(_folder.Path, "demo", "current"));
        await LocalSpaceStore.Open(_folder.Path).DisposeAsync();

        Assert.True(Directory.Exists(Path.Combine(_folder.Path, "demo", Record().Incarnation.ToString())));
    }

    [Theory]
    [InlineData("")]
    [InlineData("cairn-space 2\naaaaaaaaaaaaaaaaaaaaaaaaae\n1\n")]
    [InlineData("cairn-space 1\naaaaaaaaaaaaaaaaaaaaaaaaae\n1")]
    [InlineData("cairn-space 1\nAAAA\n1\n")]
    [InlineData("cairn-space 1\naaaaaaaaaaaaaaaaaaaaaaaaae\nx\n")]
    public async Task Find_WhenPointerIsDamaged_IsCorruptAndNamesThePath(string text)
    {
        await using var store = LocalSpaceStore.Open(_folder.Path);
        await store.CreateAsync(Record(), Token);
        var path = Path.Combine(_folder.Path, "demo", "current");
        await File.WriteAllTextAsync(path, text, Token);

        var failure = await Assert.ThrowsAsync<CairnException>(async () => await store.FindAsync(Record().Name, Token));

        Assert.Equal(ErrorKind.Corrupt, failure.Kind);
        Assert.Contains(path, failure.Message, StringComparison.Ordinal);
    }

    protected override Task<ISpaceStore> OpenAsync() => Task.FromResult<ISpaceStore>(LocalSpaceStore.Open(_folder.Path));
}
