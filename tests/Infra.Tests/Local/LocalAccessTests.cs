using System.Runtime.Versioning;
using Cairn.Infra.Local;
using Cairn.Primitives;

namespace Cairn.Infra.Tests.Local;

/// <summary>What may not be read or written is called so, with its path, and is never taken for something that is not there.</summary>
public sealed class LocalAccessTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    private string Space => Path.Combine(_folder.Path, "demo");

    private string LogFile => Path.Combine(Space, LogProcess.Space.Incarnation.ToString(), "log", "0.log");

    public void Dispose()
    {
        foreach (var path in new[] { _folder.Path, Space }.Where(Directory.Exists))
        {
            Permit(path, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        }

        _folder.Dispose();
    }

    [Theory]
    [InlineData("file")]
    [InlineData("file/below")]
    [InlineData("file/below/further")]
    public void Open_WhenAFileIsInTheWay_IsUnavailableAndNamesIt(string below)
    {
        var path = Path.Combine(_folder.Path, "file");
        File.WriteAllText(path, "");

        AssertUnavailable($"{path} is a file where a folder is needed", () => LocalSpaceStore.Open(Path.Combine(_folder.Path, below)));
        Assert.Equal([path], Directory.GetFileSystemEntries(_folder.Path));
    }

    [Fact]
    public void Open_WhenAccessIsDenied_IsUnavailableAndNamesThePath()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "needs a folder where not even root may write");

        AssertUnavailable("no access to /sys/cairn: give this process's user the right", () => LocalSpaceStore.Open("/sys/cairn"));
    }

    [Fact]
    public async Task Open_WhenItsNameCannotBeAnnounced_LetsTheFolderGo()
    {
        var obstacle = Path.Combine(_folder.Path, "cairn.holder.new");
        Directory.CreateDirectory(obstacle);
        AssertUnavailable(obstacle, () => LocalSpaceStore.Open(_folder.Path));

        Directory.Delete(obstacle);
        await LocalSpaceStore.Open(_folder.Path).DisposeAsync();
    }

    [Fact]
    public async Task Create_WhenAFileHasTheNameOfTheSpace_IsUnavailableAndNamesIt()
    {
        await File.WriteAllTextAsync(Space, "", Token);
        await using var store = LocalSpaceStore.Open(_folder.Path);

        Assert.Null(await store.FindAsync(LogProcess.Space.Name, Token));
        Assert.Empty(await store.ListAsync(Token));
        await AssertUnavailableAsync($"{Space} is a file where a folder is needed", async () => await store.CreateAsync(LogProcess.Space, Token));
    }

    [Fact]
    public async Task OpenLog_WhenAFileStandsInPlaceOfItsFolder_IsUnavailableAndNamesIt()
    {
        await using var store = LocalSpaceStore.Open(_folder.Path);
        await store.CreateAsync(LogProcess.Space, Token);
        var folder = Path.GetDirectoryName(LogFile)!;
        Directory.Delete(folder);
        await File.WriteAllTextAsync(folder, "", Token);

        await AssertUnavailableAsync($"{folder} is a file where a folder is needed", () => LogProcess.OpenAsync(store, 1, Token));
    }

    [Fact]
    public void Open_WhenTheFolderMayOnlyBeRead_IsUnavailableAndNamesThePath()
    {
        RequirePermissions();
        Permit(_folder.Path, UnixFileMode.UserRead | UnixFileMode.UserExecute);

        AssertUnavailable($"no access to {Path.Combine(_folder.Path, "cairn.lock")}", () => LocalSpaceStore.Open(_folder.Path));
        AssertUnavailable($"no access to {Path.Combine(_folder.Path, "new")}", () => LocalSpaceStore.Open(Path.Combine(_folder.Path, "new")));
    }

    [Fact]
    public async Task Find_WhenTheSpaceMayNotBeEntered_IsUnavailableAndNotUnknown()
    {
        RequirePermissions();
        await using var store = LocalSpaceStore.Open(_folder.Path);
        await store.CreateAsync(LogProcess.Space, Token);
        Permit(Space, UnixFileMode.None);

        await AssertUnavailableAsync($"no access to {Path.Combine(Space, "current")}", async () => await store.FindAsync(LogProcess.Space.Name, Token));
        await AssertUnavailableAsync("no access to", async () => await store.ListAsync(Token));
    }

    [Theory]
    [InlineData(UnixFileMode.None)]
    [InlineData(UnixFileMode.UserRead)]
    [InlineData(UnixFileMode.UserWrite)]
    public async Task OpenLog_WhenAFileMayNotBeReadOrWritten_IsUnavailableAndNamesIt(UnixFileMode mode)
    {
        RequirePermissions();
        await using var store = LocalSpaceStore.Open(_folder.Path);
        var (log, _) = await LogProcess.OpenAsync(store, 1, Token);
        await log.AppendAsync(new[] { LogProcess.Commit("a") }, new(1), Token);
        await log.DisposeAsync();
        Permit(LogFile, mode);

        await AssertUnavailableAsync($"no access to {LogFile}", () => LogProcess.OpenAsync(store, 2, Token));
    }

    [Fact]
    public async Task Blobs_WhenTheirFolderMayNotBeReadOrWritten_AreUnavailableAndNotAbsent()
    {
        RequirePermissions();
        await using var store = LocalSpaceStore.Open(_folder.Path);
        await store.CreateAsync(LogProcess.Space, Token);
        await using var blobs = store.OpenBlobs(LogProcess.Space);
        await blobs.CreateAsync("outcomes/a", new byte[] { 1 }, Token);
        var folder = Path.Combine(Space, LogProcess.Space.Incarnation.ToString(), "outcomes");

        Permit(folder, UnixFileMode.UserRead | UnixFileMode.UserExecute);
        await AssertUnavailableAsync($"no access to {folder}/b", async () => await blobs.CreateAsync("outcomes/b", new byte[] { 1 }, Token));
        await AssertUnavailableAsync($"no access to {folder}/a", async () => await blobs.DeleteAsync("outcomes/a", Token));
        Permit(folder, UnixFileMode.None);
        await AssertUnavailableAsync($"no access to {folder}/a", async () => await blobs.ReadAsync("outcomes/a", 1, Token));
        await AssertUnavailableAsync($"no access to {folder}/a", async () => await blobs.OpenAsync("outcomes/a", Token));
        await AssertUnavailableAsync("no access to", async () => await blobs.ListAsync("outcomes/", Token));
        await AssertUnavailableAsync($"no access to {folder}/a", async () => await blobs.DeleteAsync("outcomes/a", Token));
        Permit(folder, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        Assert.True(await blobs.DeleteAsync("outcomes/a", Token));
    }

    [UnsupportedOSPlatformGuard("windows")]
    private static bool HasModes => !OperatingSystem.IsWindows();

    private static void RequirePermissions() =>
        Assert.SkipUnless(HasModes && !Environment.IsPrivilegedProcess, "needs a user whom permissions bind");

    private static void Permit(string path, UnixFileMode mode)
    {
        if (HasModes)
        {
            File.SetUnixFileMode(path, mode);
        }
    }

    private static void AssertUnavailable(string named, Action action) => AssertUnavailable(named, Assert.Throws<CairnException>(action));

    private static async Task AssertUnavailableAsync(string named, Func<Task> action) =>
        AssertUnavailable(named, await Assert.ThrowsAsync<CairnException>(action));

    private static void AssertUnavailable(string named, CairnException failure)
    {
        Assert.Equal((ErrorKind.Unavailable, "unavailable"), (failure.Kind, failure.Problem));
        Assert.Contains(named, failure.Message, StringComparison.Ordinal);
    }
}
