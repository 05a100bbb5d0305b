using Cairn.Domain.Tests;
using Cairn.Infra.Local;
using Cairn.Infra.Tests.Local;
using Cairn.Primitives;
using Cairn.Storage;

namespace Cairn.Infra.Tests.Imports;

public sealed class LocalImportFilesTests : ImportFilesConformance, IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task List_WhenAFileWasWrittenAMomentAgo_WaitsForItsEnd()
    {
        var files = LocalImportFiles.Open(_folder.Path, TimeProvider.System);
        Directory.CreateDirectory(Path.Combine(_folder.Path, ".imports", "demo"));
        await File.WriteAllTextAsync(Path.Combine(_folder.Path, ".imports", "demo", "a.json"), "half", Token);
        await File.WriteAllTextAsync(Path.Combine(_folder.Path, ".imports", "demo", "b.json.new"), "unfinished", Token);

        Assert.Empty(await files.ListAsync(Token));
        File.SetLastWriteTimeUtc(Path.Combine(_folder.Path, ".imports", "demo", "a.json"), DateTime.UtcNow.AddSeconds(-3));
        File.SetLastWriteTimeUtc(Path.Combine(_folder.Path, ".imports", "demo", "b.json.new"), DateTime.UtcNow.AddSeconds(-3));
        Assert.Equal("a.json", Assert.Single(await files.ListAsync(Token)).Name);
    }

    [Theory]
    [InlineData("..")]
    [InlineData("../../current")]
    [InlineData("/etc/passwd")]
    [InlineData("a/b.json")]
    [InlineData(".hidden")]
    [InlineData("")]
    public async Task Name_WhenItLeadsElsewhere_IsNoFile(string name)
    {
        await File.WriteAllTextAsync(Path.Combine(_folder.Path, "current"), "x", Token);

        Assert.Null(await LocalImportFiles.Open(_folder.Path, TimeProvider.System).FindAsync(SpaceName.Parse("demo"), name, Token));
    }

    protected override ValueTask<IImportFiles> OpenAsync() => new(LocalImportFiles.Open(_folder.Path, new ManualTime()));

    protected override Task PutAsync(string path, string text)
    {
        var file = Path.Combine(_folder.Path, ".imports", path);
        Directory.CreateDirectory(Path.GetDirectoryName(file)!);
        return File.WriteAllTextAsync(file, text, Token);
    }
}
