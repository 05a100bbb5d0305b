using System.Net;
using Azure.Core.Pipeline;
using Cairn.Domain.Tests.Storage;
using Cairn.Infra.Table;
using Cairn.Infra.Tests.Azurite;
using Cairn.Primitives;
using Cairn.Storage;

namespace Cairn.Infra.Tests.Table;

public sealed class AzureTableStoreTests(AzuriteFixture azurite) : TableStoreConformance
{
    private static readonly RecordKey Key = new("people", "ada");

    [Fact]
    public async Task Owners_WhenTwo_ShareNoRecords()
    {
        await using var one = await OpenTablesAsync();
        await using var two = await OpenTablesAsync();
        await one.PutAsync(Key, new byte[] { 1 }, null, Token);

        Assert.Null(await two.FindAsync(Key, Token));
        Assert.Empty(await two.ListAsync("people", null, 10, Token));
    }

    [Theory]
    [InlineData("POST")]
    [InlineData("PUT")]
    [InlineData("DELETE")]
    public async Task Write_WhenItsAnswerIsLost_IsSentAgainAndComesToTheSame(string method)
    {
        using var network = new LosingNetwork();
        var options = await azurite.NewOwnerAsync();
        await using var store = AzureTableStore.Open(options, new HttpClientTransport(new HttpClient(network)));
        var first = method == "POST" ? null : await store.PutAsync(Key, new byte[] { 1 }, null, Token);
        network.LoseNext = method;

        if (method == "DELETE")
        {
            // Who deleted it cannot be told; that it is gone can.
            await store.DeleteAsync(Key, Token);
            Assert.Null(await store.FindAsync(Key, Token));
        }
        else
        {
            var version = await store.PutAsync(Key, new byte[] { 2 }, first, Token);
            Assert.Equal(version, (await store.FindAsync(Key, Token))!.Version);
            Assert.NotNull(version);
        }

        Assert.Null(network.LoseNext);
    }

    [Theory]
    [InlineData(HttpStatusCode.TooManyRequests, ErrorKind.Throttled, 1)]
    [InlineData(HttpStatusCode.ServiceUnavailable, ErrorKind.Throttled, 1)]
    [InlineData(HttpStatusCode.InternalServerError, ErrorKind.Unavailable, null)]
    [InlineData(HttpStatusCode.Forbidden, ErrorKind.Unavailable, null)]
    [InlineData(HttpStatusCode.BadRequest, ErrorKind.Internal, null)]
    public async Task Refusals_WhenTheyLast_AreTranslated(HttpStatusCode status, ErrorKind kind, int? retryAfterSeconds)
    {
        using var network = new LosingNetwork { Always = () => Answer(status) };
        await using var store = Open(network);

        var failure = await Assert.ThrowsAsync<CairnException>(async () => await store.FindAsync(Key, Token));

        Assert.Equal(kind, failure.Kind);
        Assert.Equal(retryAfterSeconds, kind == ErrorKind.Throttled ? (int?)failure.RetryAfter?.TotalSeconds : null);
        Assert.Equal(kind is ErrorKind.Internal || status == HttpStatusCode.Forbidden ? 1 : 4, network.Sent);
    }

    [Fact]
    public async Task Network_WhenItIsGone_IsUnavailable()
    {
        using var network = new LosingNetwork { Always = () => throw new HttpRequestException("no route") };
        await using var store = Open(network);

        Assert.Equal(ErrorKind.Unavailable, (await Assert.ThrowsAsync<CairnException>(async () => await store.FindAsync(Key, Token))).Kind);
    }

    /// <summary>The service may end a page early, and even give one that is empty; the next one begins where it says.</summary>
    [Fact]
    public async Task List_WhenThePagesAreCut_GoesOnUntilTheEnd()
    {
        string[] pages =
        [
            """{"value":[]}""",
            """{"value":[{"RowKey":"a","Record":"AQ==","odata.etag":"1"}]}""",
            """{"value":[{"RowKey":"b","Record":"Ag==","odata.etag":"2"}]}""",
        ];
        var sent = 0;
        using var network = new LosingNetwork
        {
            Always = () =>
            {
                var answer = new HttpResponseMessage(HttpStatusCode.OK) { Content = new StringContent(pages[sent++]) };
                if (sent < pages.Length)
                {
                    answer.Headers.Add("x-ms-continuation-NextPartitionKey", "1!8!cA--");
                    answer.Headers.Add("x-ms-continuation-NextRowKey", $"1!4!{sent}/+");
                }

                return answer;
            },
        };
        await using var store = Open(network);

        Assert.Equal(["a", "b"], (await store.ListAsync("people", null, 10, Token)).Select(record => record.Key));
        Assert.EndsWith("$top=9&NextPartitionKey=1%218%21cA--&NextRowKey=1%214%212%2F%2B", network.LastQuery, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("")]
    [InlineData("{}")]
    [InlineData("[]")]
    [InlineData("""{"RowKey":"a"}""")]
    [InlineData("""{"RowKey":"a","Record":"?","odata.etag":"1"}""")]
    [InlineData("""{"RowKey":null,"Record":"AQ==","odata.etag":"1"}""")]
    [InlineData("""{"RowKey":"a","Record":7,"odata.etag":"1"}""")]
    public async Task Find_WhenTheAnswerIsNoRecord_IsCorrupt(string body)
    {
        using var network = new LosingNetwork { Always = () => new(HttpStatusCode.OK) { Content = new StringContent(body) } };
        await using var store = Open(network);

        Assert.Equal(ErrorKind.Corrupt, (await Assert.ThrowsAsync<CairnException>(async () => await store.FindAsync(Key, Token))).Kind);
    }

    protected override async Task<ITableStore> OpenTablesAsync() => AzureTableStore.Open(await azurite.NewOwnerAsync());

    private static AzureTableStore Open(LosingNetwork network) => AzureTableStore.Open(
        new() { ConnectionString = "UseDevelopmentStorage=true", Owner = "test" }, new HttpClientTransport(new HttpClient(network)));

    private static HttpResponseMessage Answer(HttpStatusCode status)
    {
        var answer = new HttpResponseMessage(status) { Content = new StringContent("{}") };
        answer.Headers.TryAddWithoutValidation("Retry-After", status is HttpStatusCode.TooManyRequests or HttpStatusCode.ServiceUnavailable ? "1" : "0");
        return answer;
    }

    /// <summary>Loses the answer to the next request of a method, or gives all the same.</summary>
    private sealed class LosingNetwork() : DelegatingHandler(new SocketsHttpHandler())
    {
        public string? LoseNext { get; set; }

        public Func<HttpResponseMessage>? Always { get; init; }

        public int Sent { get; private set; }

        public string LastQuery { get; private set; } = "";

        protected override async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
        {
            Sent++;
            LastQuery = request.RequestUri!.Query;
            if (Always is not null)
            {
                var given = Always();
                given.RequestMessage = request;
                return given;
            }

            var answer = await base.SendAsync(request, cancellationToken);
            if (request.Method.Method != LoseNext)
            {
                return answer;
            }

            LoseNext = null;
            answer.Dispose();
            throw new HttpRequestException(HttpRequestError.ResponseEnded, "the connection was reset");
        }
    }
}
