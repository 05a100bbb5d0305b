using System.Net;
using Cairn.Domain.Tests;
using Cairn.Domain.Tests.Storage;
using Cairn.Infra.Cosmos;
using Cairn.Infra.Tests.Cosmos.StandIn;
using Cairn.Primitives;
using Cairn.Storage.Lookups;

namespace Cairn.Infra.Tests.Cosmos;

public sealed class CosmosLookupsIndexTests : LookupsIndexConformance
{
    private static readonly Incarnation Life = new(1);
    private readonly ManualTime _time = new();
    private readonly CosmosStandIn _standIn;

    // The client's own parser checks each query, as the service does.
    static CosmosLookupsIndexTests() => CosmosClients.Prepare();

    public CosmosLookupsIndexTests() => _standIn = new(_time);

    protected override Task<ILookupsIndex> OpenAsync() => Task.FromResult<ILookupsIndex>(Open(_standIn));

    [Fact]
    public async Task Container_WhenMissing_IsMadeOnceAsADeploymentMakesIt()
    {
        await using var index = Open(_standIn);
        await using var other = Open(_standIn);

        await Task.WhenAll(Enumerable.Range(0, 8).Select(i => Task.Run(async () => await (i % 2 == 0 ? index : other).FindWatermarkAsync(Life, Token))));

        Assert.Null(await other.FindWatermarkAsync(Life, Token));
    }

    [Theory]
    [InlineData("Session")]
    [InlineData("Eventual")]
    [InlineData("ConsistentPrefix")]
    public async Task Account_WhenItsConsistencyIsWeak_IsNotUsed(string consistency)
    {
        await using var index = Open(new(_time) { Consistency = consistency });

        var failure = await Assert.ThrowsAsync<CairnException>(async () => await index.FindWatermarkAsync(Life, Token));

        Assert.Equal(ErrorKind.Unavailable, failure.Kind);
        Assert.Contains(consistency, failure.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Account_WhenItAnswersAgain_IsUsed()
    {
        await using var index = Open(_standIn);
        _standIn.Refuse = _ => HttpStatusCode.Forbidden;
        Assert.Equal(ErrorKind.Unavailable, (await Assert.ThrowsAsync<CairnException>(async () => await index.FindWatermarkAsync(Life, Token))).Kind);

        _standIn.Refuse = null;

        Assert.Null(await index.FindWatermarkAsync(Life, Token));
    }

    [Theory]
    [InlineData("batch")]
    [InlineData("query")]
    [InlineData("read")]
    public async Task Requests_WhenTheyAreTooManyForAWhile_AreSentAgain(string operation)
    {
        await using var index = Open(_standIn);
        await index.FindWatermarkAsync(Life, Token);
        var left = 3;
        _standIn.Refuse = each => each == operation && Interlocked.Decrement(ref left) >= 0 ? HttpStatusCode.TooManyRequests : null;

        await index.WriteAsync(Life, [Document("a", 1)], Token);
        await index.QueryAsync(Life, new(null, default, 10), Token);
        await index.FindWatermarkAsync(Life, Token);

        Assert.True(left < 0, "the refusals were met");
        Assert.NotNull((await index.ReadAsync(Life, [new byte[] { (byte)'a' }], Token))[0]);
    }

    [Fact]
    public async Task Requests_WhenTheyAreTooManyForLong_AreThrottled()
    {
        await using var index = Open(_standIn);
        await index.FindWatermarkAsync(Life, Token);
        _standIn.Refuse = _ => HttpStatusCode.TooManyRequests;

        Assert.Equal(ErrorKind.Throttled, (await Assert.ThrowsAsync<CairnException>(async () => await index.WriteAsync(Life, [Document("a", 1)], Token))).Kind);
        Assert.Equal(ErrorKind.Throttled, (await Assert.ThrowsAsync<CairnException>(async () => await index.FindWatermarkAsync(Life, Token))).Kind);
    }

    [Fact]
    public async Task Documents_WhenTheirTimeHasCome_GoByThemselves()
    {
        await using var index = Open(_standIn);
        var soon = Timestamp.From(_time.GetUtcNow()).Plus(TimeSpan.FromHours(1));
        await index.WriteAsync(Life, [Document("stays", 1), Document("expires", 1) with { ExpiresAt = soon }, Document("gone", 1) with { State = LookupState.Deleted }], Token);
        Assert.Equal(3, _standIn.Documents.Count);

        _time.Advance(TimeSpan.FromHours(24.5));
        Assert.Equal(2, _standIn.Documents.Count);
        _time.Advance(TimeSpan.FromHours(1));

        Assert.Equal("stays", System.Text.Encoding.UTF8.GetString(Assert.Single((await index.QueryAsync(Life, new(null, default, 10), Token)).Documents).Id.Span));
    }

    [Fact]
    public async Task Write_WhenTwoProcessesWriteTheSame_EndsWithTheLaterStates()
    {
        await using var one = Open(_standIn);
        await using var two = Open(_standIn);
        var random = new Random(5);
        for (var round = 0; round < 5; round++)
        {
            LookupDocument[] Some() => [.. Enumerable.Range(0, 60).Select(i => Document($"c{i}", random.Next(1, 1000)))];
            var (left, right) = (Some(), Some());

            await Task.WhenAll(one.WriteAsync(new((UInt128)round + 9), left, Token).AsTask(), two.WriteAsync(new((UInt128)round + 9), right, Token).AsTask());

            var found = (await one.QueryAsync(new((UInt128)round + 9), new(null, default, 100), Token)).Documents.ToDictionary(document => Text(document), document => document.Position.Value);
            Assert.All(left.Zip(right), pair => Assert.Equal(Math.Max(pair.First.Position.Value, pair.Second.Position.Value), found[Text(pair.First)]));
        }
    }

    [Theory]
    [InlineData("AccountEndpoint=nowhere;AccountKey=x")]
    [InlineData("AccountKey=abc")]
    public void Open_WhenTheConnectionStringIsWrong_SaysSoWithoutTheKey(string connection)
    {
        var failure = Assert.Throws<CairnException>(() => CosmosLookupsIndex.Open(new() { ConnectionString = connection }, _time));

        Assert.Equal((ErrorKind.Invalid, nameof(CosmosLookupsOptions.ConnectionString)), (failure.Kind, failure.Field));
        Assert.DoesNotContain("abc", failure.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Open_WhenTheAddressIsNotEncrypted_IsRefused() =>
        Assert.Equal(ErrorKind.Invalid, Assert.Throws<CairnException>(() => CosmosLookupsIndex.Open(new() { Endpoint = new("http://mine.documents.azure.com") }, _time)).Kind);

    [Fact]
    public async Task Server_WhenReachedOverLoopback_AnswersTheSame()
    {
        await using var server = new StandInServer(_standIn);
        await using var near = Open(_standIn);
        await using var far = CosmosLookupsIndex.Open(new() { ConnectionString = server.ConnectionString }, _time);
        await near.WriteAsync(Life, [Document("a", 1), Document("b", 2)], Token);
        await far.WriteAsync(Life, [Document("b", 3), Document("c", 1)], Token);

        Assert.Equal(
            (await near.QueryAsync(Life, new(null, default, 10), Token)).Documents.Select(document => (Text(document), document.Position)),
            (await far.QueryAsync(Life, new(null, default, 10), Token)).Documents.Select(document => (Text(document), document.Position)));
        Assert.Equal(3, _standIn.Documents.Count);
    }

    private static string Text(LookupDocument document) => System.Text.Encoding.UTF8.GetString(document.Id.Span);

    private static LookupDocument Document(string id, long position) =>
        new() { Id = System.Text.Encoding.UTF8.GetBytes(id), Position = new(position), State = LookupState.Stored, Body = new byte[] { 1 } };

    private CosmosLookupsIndex Open(CosmosStandIn standIn) =>
        new(new() { ConnectionString = StandInHandler.ConnectionString }, _time, () => new HttpClient(new StandInHandler(standIn)));
}
