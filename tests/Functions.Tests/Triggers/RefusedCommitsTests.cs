using Cairn.Functions.Triggers;
using Cairn.Primitives;
using Cairn.Storage;

namespace Cairn.Functions.Tests.Triggers;

public sealed class RefusedCommitsTests : IAsyncDisposable
{
    private static readonly Incarnation Life = new(7);
    private readonly MemoryTableStore _tables = new();

    private static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    public ValueTask DisposeAsync() => _tables.DisposeAsync();

    [Fact]
    public async Task FindAsync_WhenOneWasAdded_TellsItInItsLifeOfTheSpaceOnly()
    {
        var refused = new RefusedCommits(_tables);
        await refused.AddAsync(Life, "a\"/1"u8.ToArray(), new("too-old", "because", "/x"), Cancelled);
        await refused.AddAsync(Life, "a\"/1"u8.ToArray(), new("limit", "again"), Cancelled);

        Assert.Equal(new PoisonReason("too-old", "because", "/x"), await refused.FindAsync(Life, "a\"/1"u8.ToArray(), Cancelled));
        Assert.Null(await refused.FindAsync(new(8), "a\"/1"u8.ToArray(), Cancelled));
        Assert.Null(await refused.FindAsync(Life, "a"u8.ToArray(), Cancelled));
    }

    [Fact]
    public async Task AddAsync_WhenTheDetailIsLong_KeepsItsBeginning()
    {
        var refused = new RefusedCommits(_tables);
        await refused.AddAsync(Life, "a"u8.ToArray(), new("invalid", new string('é', 100_000)), Cancelled);

        Assert.Equal(1000, (await refused.FindAsync(Life, "a"u8.ToArray(), Cancelled))!.Detail.Length);
    }

    [Theory]
    [InlineData("")]
    [InlineData("[]")]
    [InlineData("{}")]
    [InlineData("""{"version":2,"reason":"a","detail":"b","pointer":null}""")]
    [InlineData("""{"version":1,"reason":1,"detail":"b","pointer":null}""")]
    public async Task FindAsync_WhenTheRecordMakesNoSense_IsCorrupt(string text)
    {
        var refused = new RefusedCommits(_tables);
        await refused.AddAsync(Life, "a"u8.ToArray(), new("invalid", "b"), Cancelled);
        var record = Assert.Single(await _tables.ListAsync("refused", null, 10, Cancelled));
        await _tables.PutAsync(new("refused", record.Key), System.Text.Encoding.UTF8.GetBytes(text), record.Version, Cancelled);

        Assert.Equal(ErrorKind.Corrupt, (await Assert.ThrowsAsync<CairnException>(async () => await refused.FindAsync(Life, "a"u8.ToArray(), Cancelled))).Kind);
    }
}
