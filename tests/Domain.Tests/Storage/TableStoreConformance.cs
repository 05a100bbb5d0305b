using Cairn.Primitives;
using Cairn.Storage;

namespace Cairn.Domain.Tests.Storage;

/// <summary>What every table store keeps.</summary>
public abstract class TableStoreConformance
{
    private static readonly RecordKey Ada = new("people", "ada");
    private static readonly byte[] One = [1, 2, 3], Two = [4];

    protected static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Records_WhenAbsent_AreNull()
    {
        await using var tables = await OpenTablesAsync();

        Assert.Null(await tables.FindAsync(Ada, Token));
        Assert.Empty(await tables.ListAsync("people", null, 10, Token));
        Assert.False(await tables.DeleteAsync(Ada, Token));
        var version = await tables.PutAsync(new("people", "bob"), Two, null, Token);
        Assert.Null(await tables.PutAsync(Ada, One, version, Token));
        Assert.Null(await tables.FindAsync(Ada, Token));
    }

    [Fact]
    public async Task Put_WhenAbsent_Creates()
    {
        await using var tables = await OpenTablesAsync();

        var version = await tables.PutAsync(Ada, One, null, Token);

        Assert.NotNull(version);
        await HoldsAsync(tables, Ada, One, version.Value);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(ITableStore.MaxRecordBytes)]
    public async Task Put_WhenOfAnyLength_KeepsIt(int lengthBytes)
    {
        await using var tables = await OpenTablesAsync();
        var bytes = new byte[lengthBytes];
        new Random(1).NextBytes(bytes);

        var version = await tables.PutAsync(Ada, bytes, null, Token);

        await HoldsAsync(tables, Ada, bytes, version!.Value);
    }

    [Fact]
    public async Task Put_WhenTaken_ChangesNothing()
    {
        await using var tables = await OpenTablesAsync();
        var first = await tables.PutAsync(Ada, One, null, Token);

        Assert.Null(await tables.PutAsync(Ada, Two, null, Token));

        await HoldsAsync(tables, Ada, One, first!.Value);
    }

    [Fact]
    public async Task Put_WhenTheSameBytesAreThere_CountsAsWritten()
    {
        await using var tables = await OpenTablesAsync();
        var first = await tables.PutAsync(Ada, One, null, Token);
        var second = await tables.PutAsync(Ada, Two, first, Token);

        Assert.NotNull(await tables.PutAsync(Ada, Two, null, Token));
        Assert.NotNull(await tables.PutAsync(Ada, Two, first, Token));
        Assert.NotNull(await tables.PutAsync(Ada, Two, second, Token));
        Assert.Equal(Two, (await tables.FindAsync(Ada, Token))!.Bytes.ToArray());
    }

    [Fact]
    public async Task Put_WhenAtTheVersion_ReplacesAndGivesAnother()
    {
        await using var tables = await OpenTablesAsync();
        var first = await tables.PutAsync(Ada, One, null, Token);

        var second = await tables.PutAsync(Ada, Two, first, Token);

        Assert.NotNull(second);
        Assert.NotEqual(first, second);
        await HoldsAsync(tables, Ada, Two, second.Value);
        Assert.Null(await tables.PutAsync(Ada, One, first, Token));
        await HoldsAsync(tables, Ada, Two, second.Value);
    }

    [Fact]
    public async Task Put_WhenDeletedSince_DoesNotBringItBack()
    {
        await using var tables = await OpenTablesAsync();
        var version = await tables.PutAsync(Ada, One, null, Token);
        Assert.True(await tables.DeleteAsync(Ada, Token));

        Assert.Null(await tables.PutAsync(Ada, Two, version, Token));

        Assert.Null(await tables.FindAsync(Ada, Token));
        Assert.NotNull(await tables.PutAsync(Ada, Two, null, Token));
    }

    [Fact]
    public async Task Put_WhenManyWantTheSameVersion_LetsOneWin()
    {
        await using var tables = await OpenTablesAsync();
        var created = await Task.WhenAll(Enumerable.Range(0, 8).Select(i => Task.Run(async () => await tables.PutAsync(Ada, new[] { (byte)i }, null, Token))));
        var version = Assert.Single(created, tag => tag is not null);

        var replaced = await Task.WhenAll(Enumerable.Range(10, 8).Select(i => Task.Run(async () => await tables.PutAsync(Ada, new[] { (byte)i }, version, Token))));

        await HoldsAsync(tables, Ada, (await tables.FindAsync(Ada, Token))!.Bytes.ToArray(), Assert.Single(replaced, tag => tag is not null)!.Value);
    }

    [Fact]
    public async Task List_WhenPaged_GivesEachOnceInOrdinalOrder()
    {
        await using var tables = await OpenTablesAsync();
        string[] keys = ["b", "a", "a-b", "a0", "10", "2", "-", new string('z', RecordKey.MaxLength)];
        foreach (var key in keys)
        {
            await tables.PutAsync(new("people", key), new[] { (byte)key.Length }, null, Token);
        }

        await tables.PutAsync(new("people-2", "other"), One, null, Token);
        await tables.PutAsync(new("peopl", "other"), One, null, Token);

        Assert.Equal(keys.Order(StringComparer.Ordinal), (await tables.ListAsync("people", null, ITableStore.MaxPage, Token)).Select(record => record.Key));
        var paged = new List<TableRecord>();
        for (IReadOnlyList<TableRecord> page = []; paged.Count == 0 || page.Count == 3; paged.AddRange(page))
        {
            page = await tables.ListAsync("people", paged.LastOrDefault()?.Key, 3, Token);
        }

        Assert.Equal(keys.Order(StringComparer.Ordinal), paged.Select(record => record.Key));
        Assert.All(paged, record => Assert.Equal([(byte)record.Key.Length], record.Bytes.ToArray()));
        Assert.Equal((await tables.FindAsync(new("people", "a0"), Token))!.Version, paged.Single(record => record.Key == "a0").Version);
    }

    [Fact]
    public async Task Calls_WhenTheKeyIsMalformed_AreRefused()
    {
        await using var tables = await OpenTablesAsync();
        foreach (var key in new[] { "", "../x", "a/b", "A", "a.b", "a'b", new string('a', RecordKey.MaxLength + 1) })
        {
            foreach (var place in new RecordKey[] { new("people", key), new(key, "ada") })
            {
                await RefusesAsync(async () => await tables.FindAsync(place, Token));
                await RefusesAsync(async () => await tables.PutAsync(place, One, null, Token));
                await RefusesAsync(async () => await tables.DeleteAsync(place, Token));
            }

            await RefusesAsync(async () => await tables.ListAsync(key, null, 1, Token));
        }

        await RefusesAsync(async () => await tables.ListAsync("people", null, 0, Token));
        await RefusesAsync(async () => await tables.ListAsync("people", null, ITableStore.MaxPage + 1, Token));
        await RefusesAsync(async () => await tables.PutAsync(Ada, new byte[ITableStore.MaxRecordBytes + 1], null, Token));
    }

    [Fact]
    public async Task Calls_WhenCancelledBefore_DoNothing()
    {
        await using var tables = await OpenTablesAsync();
        var cancelled = new CancellationToken(canceled: true);

        await Assert.ThrowsAnyAsync<OperationCanceledException>(async () => await tables.PutAsync(Ada, One, null, cancelled));
        await Assert.ThrowsAnyAsync<OperationCanceledException>(async () => await tables.DeleteAsync(Ada, cancelled));
        await Assert.ThrowsAnyAsync<OperationCanceledException>(async () => await tables.FindAsync(Ada, cancelled));
        await Assert.ThrowsAnyAsync<OperationCanceledException>(async () => await tables.ListAsync("people", null, 1, cancelled));
        Assert.Null(await tables.FindAsync(Ada, Token));
    }

    /// <summary>An empty store of the test's own.</summary>
    protected abstract Task<ITableStore> OpenTablesAsync();

    private static async Task HoldsAsync(ITableStore tables, RecordKey key, byte[] bytes, VersionTag version)
    {
        var record = await tables.FindAsync(key, Token);
        Assert.NotNull(record);
        Assert.Equal((key.Key, version), (record.Key, record.Version));
        Assert.True(bytes.AsSpan().SequenceEqual(record.Bytes.Span));
    }

    private static async Task RefusesAsync(Func<Task> call) => Assert.Equal(ErrorKind.Internal, (await Assert.ThrowsAsync<CairnException>(call)).Kind);
}
