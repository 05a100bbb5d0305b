using Cairn.Domain.Tests.Storage;
using Cairn.Infra.Local;
using Cairn.Primitives;
using Cairn.Storage;

namespace Cairn.Infra.Tests.Local;

public sealed class LocalTableStoreTests : TableStoreConformance, IDisposable
{
    private static readonly RecordKey Key = new("people", "ada");
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task Store_WhenTheSpacesAreHeld_WorksBesideThem()
    {
        await using var spaces = LocalSpaceStore.Open(_folder.Path);
        await using var tables = await OpenTablesAsync();
        await using var other = await OpenTablesAsync();

        var version = await tables.PutAsync(Key, new byte[] { 1 }, null, Token);

        Assert.Equal(version, (await other.FindAsync(Key, Token))!.Version);
        Assert.NotNull(await other.PutAsync(Key, new byte[] { 2 }, version, Token));
        Assert.Empty(await spaces.ListAsync(Token));
    }

    /// <summary>What a process killed between writing and renaming leaves is no record, and in nobody's way.</summary>
    [Fact]
    public async Task Store_WhenACrashLeftAnUnfinishedFile_TakesNoNoticeOfIt()
    {
        await using var tables = await OpenTablesAsync();
        await tables.PutAsync(Key, new byte[] { 1 }, null, Token);
        await File.WriteAllBytesAsync(Path.Combine(_folder.Path, ".tables", "people", "ada.new"), [7], Token);
        await File.WriteAllBytesAsync(Path.Combine(_folder.Path, ".tables", "people", "bob.new"), [7], Token);

        Assert.Equal(["ada"], (await tables.ListAsync("people", null, 10, Token)).Select(record => record.Key));
        Assert.Null(await tables.FindAsync(new("people", "bob"), Token));
        Assert.NotNull(await tables.PutAsync(new("people", "bob"), new byte[] { 2 }, null, Token));
        Assert.Equal([2], (await tables.FindAsync(new("people", "bob"), Token))!.Bytes.ToArray());
    }

    [Fact]
    public async Task Store_WhenReopened_HasItsRecords()
    {
        VersionTag? version;
        await using (var tables = await OpenTablesAsync())
        {
            version = await tables.PutAsync(Key, new byte[] { 1 }, null, Token);
        }

        await using var again = await OpenTablesAsync();
        Assert.Equal(version, (await again.FindAsync(Key, Token))!.Version);
    }

    [Fact]
    public async Task Find_WhenAFileIsTooLong_IsCorrupt()
    {
        await using var tables = await OpenTablesAsync();
        await tables.PutAsync(Key, new byte[] { 1 }, null, Token);
        await File.WriteAllBytesAsync(Path.Combine(_folder.Path, ".tables", "people", "ada"), new byte[ITableStore.MaxRecordBytes + 1], Token);

        Assert.Equal(ErrorKind.Corrupt, (await Assert.ThrowsAsync<CairnException>(async () => await tables.FindAsync(Key, Token))).Kind);
    }

    protected override Task<ITableStore> OpenTablesAsync() => Task.FromResult<ITableStore>(LocalTableStore.Open(_folder.Path, TimeProvider.System));
}
