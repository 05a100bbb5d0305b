using Cairn.Primitives;
using Cairn.Storage;

namespace Cairn.Domain.Tests.Storage;

/// <summary>What every space store must do. Each adapter's tests derive from it.</summary>
public abstract class SpaceStoreConformance : StoreConformance
{
    private static readonly SpaceName Demo = SpaceName.Parse("demo");

    /// <summary>Whether its logs have one writer, which may cut a torn tail.</summary>
    protected virtual bool IsSoleWriter => true;

    [Fact]
    public async Task Create_WhenNew_IsFoundAndListedByName()
    {
        await using var store = await OpenAsync();
        foreach (var name in new[] { "zebra", "lock", "abc", "holder", "a-1" })
        {
            Assert.Equal((Record(name), true), await store.CreateAsync(Record(name), Token));
        }

        Assert.Equal(Record("lock"), await store.FindAsync(SpaceName.Parse("lock"), Token));
        Assert.Equal(["a-1", "abc", "holder", "lock", "zebra"], (await store.ListAsync(Token)).Select(space => space.Name.ToString()));
        Assert.Null(await store.FindAsync(Demo, Token));
    }

    [Fact]
    public async Task Create_WhenNameIsTaken_AnswersTheSpaceThatHasIt()
    {
        await using var store = await OpenAsync();
        await store.CreateAsync(Record(life: 1), Token);

        Assert.Equal((Record(life: 1), false), await store.CreateAsync(Record(life: 2), Token));
        Assert.Equal(Record(life: 1), await store.FindAsync(Demo, Token));
    }

    [Fact]
    public async Task Create_WhenManyAtOnce_MakesOne()
    {
        await using var store = await OpenAsync();

        var answers = await Task.WhenAll(Enumerable.Range(1, 20).Select(life => Task.Run(() => store.CreateAsync(Record(life: (ulong)life), Token).AsTask())));

        Assert.Single(answers, answer => answer.Created);
        Assert.Single(answers.Select(answer => answer.Record).Distinct());
    }

    [Fact]
    public async Task Delete_WhenThisLife_RemovesItAndItsLog()
    {
        await using var store = await OpenAsync();
        await store.CreateAsync(Record(), Token);
        await using (var log = store.OpenLog(Record()))
        {
            await log.CreateFileAsync(0, new byte[64], Token);
        }

        Assert.True(await store.DeleteAsync(Record(), Token));
        Assert.False(await store.DeleteAsync(Record(), Token));
        Assert.Null(await store.FindAsync(Demo, Token));
        Assert.Empty(await store.ListAsync(Token));
        Assert.Equal((Record(life: 2), true), await store.CreateAsync(Record(life: 2), Token));
        await using var reborn = store.OpenLog(Record(life: 2));
        Assert.Empty(await reborn.ListFilesAsync(Token));
    }

    [Fact]
    public async Task Delete_WhenAnotherLife_LeavesItAlone()
    {
        await using var store = await OpenAsync();
        await store.CreateAsync(Record(life: 2), Token);

        Assert.False(await store.DeleteAsync(Record(life: 1), Token));
        Assert.NotNull(await store.FindAsync(Demo, Token));
    }

    [Fact]
    public async Task Log_WhenAppended_ReadsBackAtEveryOffset()
    {
        await using var store = await OpenAsync();
        await store.CreateAsync(Record(), Token);
        await using var log = store.OpenLog(Record());
        Assert.Empty(await log.ListFilesAsync(Token));
        Assert.True(await log.CreateFileAsync(0, new byte[] { 1, 2, 3 }, Token));
        Assert.Equal(3, await log.AppendAsync(0, new byte[] { 4 }, Token));
        Assert.Equal(4, await log.AppendAsync(0, new byte[] { 5, 6, 7 }, Token));
        Assert.Equal(7, await log.GetLengthAsync(0, Token));

        for (var offset = 0; offset <= 8; offset++)
        {
            Assert.Equal(Enumerable.Range(1, 7).Skip(offset).Select(i => (byte)i), await ReadAsync(log, 0, offset, 100));
        }

        Assert.Equal([3, 4], await ReadAsync(log, 0, 2, 2));
        Assert.Equal(IsSoleWriter, log.IsSoleWriter);
        Assert.InRange(log.MaxFileBytes, 1, 1L << 31);
    }

    [Fact]
    public async Task Log_WhenFileExists_IsNotCreatedAgain()
    {
        await using var store = await OpenAsync();
        await store.CreateAsync(Record(), Token);
        await using var log = store.OpenLog(Record());
        Assert.True(await log.CreateFileAsync(0, new byte[] { 1 }, Token));

        Assert.False(await log.CreateFileAsync(0, new byte[] { 2, 2 }, Token));
        Assert.Equal([1], await ReadAsync(log, 0, 0, 10));
    }

    [Fact]
    public async Task Log_WhenSeveralFiles_KeepsThemApartAndListsThemInOrder()
    {
        await using var store = await OpenAsync();
        await store.CreateAsync(Record(), Token);
        await using var log = store.OpenLog(Record());
        foreach (var file in new[] { 10, 9, 0 })
        {
            await log.CreateFileAsync(file, new byte[] { (byte)file }, Token);
        }

        await log.AppendAsync(9, new byte[] { 1 }, Token);
        await log.AppendAsync(10, new byte[] { 2 }, Token);
        await log.AppendAsync(9, new byte[] { 3 }, Token);

        Assert.Equal([0, 9, 10], await log.ListFilesAsync(Token));
        Assert.Equal([9, 1, 3], await ReadAsync(log, 9, 0, 10));
        Assert.Equal([10, 2], await ReadAsync(log, 10, 0, 10));
    }

    [Theory]
    [InlineData(0)]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(4)]
    [InlineData(7)]
    public async Task Log_WhenCut_EndsThereAndTakesAppends(int offset)
    {
        await using var store = await OpenAsync();
        await store.CreateAsync(Record(), Token);
        await using var log = store.OpenLog(Record());
        await log.CreateFileAsync(0, new byte[] { 1, 2, 3 }, Token);
        await log.AppendAsync(0, new byte[] { 4, 5, 6, 7 }, Token);

        Assert.Equal(IsSoleWriter, await log.TryCutAsync(0, offset, Token));
        offset = IsSoleWriter ? offset : 7;
        Assert.Equal(offset, await log.GetLengthAsync(0, Token));
        Assert.Equal(offset, await log.AppendAsync(0, new byte[] { 9 }, Token));
        Assert.Equal([.. Enumerable.Range(1, 7).Take(offset).Select(i => (byte)i), 9], await ReadAsync(log, 0, 0, 100));
        Assert.Equal([0], await log.ListFilesAsync(Token));
    }

    [Fact]
    public async Task Log_WhenFilesAreDeleted_KeepsTheOthers()
    {
        await using var store = await OpenAsync();
        await store.CreateAsync(Record(), Token);
        await using var log = store.OpenLog(Record());
        foreach (var file in new[] { 0, 1, 2 })
        {
            await log.CreateFileAsync(file, new byte[] { (byte)file }, Token);
        }

        await log.AppendAsync(2, new byte[] { 1 }, Token);
        await using var other = store.OpenLog(Record());

        Assert.True(await other.DeleteFileAsync(0, Token));
        Assert.True(await other.DeleteFileAsync(1, Token));
        Assert.False(await other.DeleteFileAsync(1, Token));
        Assert.Equal([2], await log.ListFilesAsync(Token));
        await NotFoundAsync(async () => await log.ReadAsync(1, 0, new byte[1], Token));
        Assert.Equal(2, await log.AppendAsync(2, new byte[] { 3 }, Token));
        Assert.Equal([2, 1, 3], await ReadAsync(log, 2, 0, 10));
    }

    [Fact]
    public async Task Log_WhenReopened_HoldsWhatWasAppended()
    {
        await using var store = await OpenAsync();
        await store.CreateAsync(Record(), Token);
        await using (var log = store.OpenLog(Record()))
        {
            await log.CreateFileAsync(0, new byte[] { 1 }, Token);
            await log.AppendAsync(0, new byte[] { 2 }, Token);
        }

        await using var again = store.OpenLog(Record());
        Assert.Equal(2, await again.AppendAsync(0, new byte[] { 3 }, Token));
        Assert.Equal([1, 2, 3], await ReadAsync(again, 0, 0, 100));
    }

    [Fact]
    public async Task Log_WhenReadWhileAppending_ShowsOnlyWholeAppendsBelowItsLength()
    {
        await using var store = await OpenAsync();
        await store.CreateAsync(Record(), Token);
        await using var log = store.OpenLog(Record());
        await log.CreateFileAsync(0, new byte[64], Token);
        var written = 64L;
        var reading = Task.Run(async () =>
        {
            while (Volatile.Read(ref written) < 64 * 50)
            {
                var end = (int)Volatile.Read(ref written);
                Assert.Equal(end, (await ReadAsync(log, 0, 0, end)).Length);
            }
        });
        for (var i = 1; i < 50; i++)
        {
            await log.AppendAsync(0, new byte[64], Token);
            Volatile.Write(ref written, 64L * (i + 1));
        }

        await reading;
    }

    [Fact]
    public async Task Log_WhenFileOrSpaceIsMissing_IsNotFound()
    {
        await using var store = await OpenAsync();
        await store.CreateAsync(Record(), Token);
        await using var log = store.OpenLog(Record());

        await NotFoundAsync(async () => await log.ReadAsync(0, 0, new byte[1], Token));
        await NotFoundAsync(async () => await log.GetLengthAsync(0, Token));
        await NotFoundAsync(async () => await log.AppendAsync(0, new byte[1], Token));
        await using var gone = store.OpenLog(Record("gone"));
        await NotFoundAsync(async () => await gone.CreateFileAsync(0, new byte[1], Token));
        await NotFoundAsync(async () => await gone.ListFilesAsync(Token));
    }

    [Fact]
    public async Task Calls_WhenCancelledBefore_DoNothing()
    {
        await using var store = await OpenAsync();
        await store.CreateAsync(Record(), Token);
        await using var log = store.OpenLog(Record());
        using var source = new CancellationTokenSource();
        await source.CancelAsync();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(async () => await log.CreateFileAsync(0, new byte[1], source.Token));
        await Assert.ThrowsAnyAsync<OperationCanceledException>(async () => await store.CreateAsync(Record("other"), source.Token));
        await Assert.ThrowsAnyAsync<OperationCanceledException>(async () => await store.DeleteAsync(Record(), source.Token));
        Assert.Empty(await log.ListFilesAsync(Token));
        Assert.Single(await store.ListAsync(Token));
    }

    protected static async Task<byte[]> ReadAsync(ILogStore log, int file, long offset, int count)
    {
        var buffer = new byte[count];
        var filled = 0;
        while (filled < count && await log.ReadAsync(file, offset + filled, buffer.AsMemory(filled), Token) is var read and > 0)
        {
            filled += read;
        }

        return buffer[..filled];
    }
}
