using System.Text;
using Cairn.Infra.Embedding;
using Cairn.Primitives;

namespace Cairn.Infra.Tests.Embedding;

public sealed class HttpEmbedderTests : IAsyncLifetime
{
    private ModelStandIn _service = null!;

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    private EmbeddingOptions Options => new() { Endpoint = _service.Address, Model = "small" };

    public async ValueTask InitializeAsync() => _service = await ModelStandIn.StartAsync();

    public ValueTask DisposeAsync() => _service.DisposeAsync();

    [Fact]
    public async Task EmbedAsync_WhenAnswered_GivesUnitVectorsInTheOrderOfTheTexts()
    {
        var vectors = await EmbedAsync(Options, "aaa", "é");

        Assert.Equal([3 / MathF.Sqrt(10), 1 / MathF.Sqrt(10)], vectors[0]!, Near);
        Assert.Equal([2 / MathF.Sqrt(5), 1 / MathF.Sqrt(5)], vectors[1]!, Near);
        var request = Assert.Single(_service.Requests);
        Assert.Equal(("/v1/embeddings", "small", null, null), (request.Path, request.Body.GetProperty("model").GetString(), request.Authorization, request.ApiKey));
        Assert.False(request.Body.TryGetProperty("dimensions", out _));
    }

    [Fact]
    public async Task EmbedAsync_WhenThereIsAKeyAndALength_SendsThem()
    {
        await EmbedAsync(Options with { Key = "secret", Dimensions = 2, Endpoint = new(_service.Address, "/custom/embeddings?api-version=1") }, "a");

        var request = Assert.Single(_service.Requests);
        Assert.Equal(("/custom/embeddings?api-version=1", "Bearer secret", 2), (request.Path, request.Authorization, request.Body.GetProperty("dimensions").GetInt32()));
    }

    [Fact]
    public async Task EmbedAsync_WhenThereAreManyOrLongTexts_SendsSeveralRequests()
    {
        var vectors = await EmbedAsync(Options with { MaxTexts = 3, MaxRequestBytes = 9 }, "1", "2", "3", "4", "123456789", "12", new string('x', 50));

        Assert.All(vectors, Assert.NotNull);
        Assert.Equal([3, 1, 1, 1, 1], _service.Requests.Select(static request => request.Inputs.Length));
    }

    [Fact]
    public async Task EmbedAsync_WhenOneTextIsRefused_GivesTheOthers()
    {
        _service.Refused.Add("bad");

        var vectors = await EmbedAsync(Options, "a", "b", "bad", "d", "e");

        Assert.Equal([true, true, false, true, true], vectors.Select(static vector => vector is not null));
    }

    [Fact]
    public async Task EmbedAsync_WhenAllAreRefused_SaysWhyInOneLine()
    {
        _service.Refused.Add("bad");

        var failure = await Assert.ThrowsAsync<CairnException>(async () => await EmbedAsync(Options, "bad"));

        Assert.Equal(ErrorKind.Invalid, failure.Kind);
        Assert.Contains("answered 400 (input is too long for this model)", failure.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(429)]
    [InlineData(500)]
    [InlineData(503)]
    public async Task EmbedAsync_WhenTheServiceIsBusy_TriesAgainAsLateAsItSays(int status)
    {
        _service.AnswerNext(status, retryAfter: "0");
        _service.AnswerNext(status, retryAfter: "0");

        Assert.NotNull(Assert.Single(await EmbedAsync(Options, "a")));
        Assert.Equal(3, _service.Requests.Count);
    }

    [Fact]
    public async Task EmbedAsync_WhenItIsToWaitLong_TellsTheCallerAtOnce()
    {
        _service.AnswerNext(429, retryAfter: "3600");

        var failure = await Assert.ThrowsAsync<CairnException>(async () => await EmbedAsync(Options, "a"));

        Assert.Equal((ErrorKind.Throttled, TimeSpan.FromHours(1)), (failure.Kind, failure.RetryAfter));
        Assert.Single(_service.Requests);
    }

    [Fact]
    public async Task EmbedAsync_WhenTheServiceStaysBusy_EndsTrying()
    {
        for (var i = 0; i <= EmbeddingRequests.MaxRetries; i++)
        {
            _service.AnswerNext(503, """{"error":"loading"}""", retryAfter: "0");
        }

        var failure = await Assert.ThrowsAsync<CairnException>(async () => await EmbedAsync(Options, "a"));

        Assert.Equal(ErrorKind.Unavailable, failure.Kind);
        Assert.Contains("answered 503 (loading)", failure.Message, StringComparison.Ordinal);
        Assert.Equal(1 + EmbeddingRequests.MaxRetries, _service.Requests.Count);
    }

    [Theory]
    [InlineData(401, "another key")]
    [InlineData(404, "no such model")]
    [InlineData(307, "points elsewhere")]
    public async Task EmbedAsync_WhenSettingsAreWrong_SaysSoAndDoesNotTryAgain(int status, string expected)
    {
        _service.AnswerNext(status, location: "/elsewhere");

        var failure = await Assert.ThrowsAsync<CairnException>(async () => await EmbedAsync(Options with { Key = "secret" }, "a"));

        Assert.Equal(ErrorKind.Unavailable, failure.Kind);
        Assert.Contains(expected, failure.Message, StringComparison.Ordinal);
        Assert.DoesNotContain("secret", failure.ToString(), StringComparison.Ordinal);
        Assert.Single(_service.Requests);
    }

    [Theory]
    [InlineData("")]
    [InlineData("[]")]
    [InlineData("""{"data":[]}""")]
    [InlineData("""{"data":[{"index":1,"embedding":[1]}]}""")]
    [InlineData("""{"data":[{"index":0,"embedding":[]}]}""")]
    [InlineData("""{"data":[{"index":0,"embedding":[0,0]}]}""")]
    [InlineData("""{"data":[{"index":0,"embedding":[1e99]}]}""")]
    [InlineData("""{"data":[{"index":0,"embedding":["1"]}]}""")]
    public async Task EmbedAsync_WhenTheAnswerMakesNoSense_IsUnavailable(string answer)
    {
        _service.AnswerNext(200, answer);

        var failure = await Assert.ThrowsAsync<CairnException>(async () => await EmbedAsync(Options, "a"));

        Assert.Equal(ErrorKind.Unavailable, failure.Kind);
    }

    [Fact]
    public async Task EmbedAsync_WhenTheLengthIsAnother_IsUnavailable()
    {
        var failure = await Assert.ThrowsAsync<CairnException>(async () => await EmbedAsync(Options with { Dimensions = 3 }, "a"));

        Assert.Contains("vectors of 3 components", failure.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task EmbedAsync_WhenNobodyListens_IsUnavailable()
    {
        var options = Options;
        await _service.DisposeAsync();

        var failure = await Assert.ThrowsAsync<CairnException>(async () => await EmbedAsync(options, "a"));

        Assert.Equal(ErrorKind.Unavailable, failure.Kind);
    }

    [Fact]
    public async Task EmbedAsync_WhenTheCallerGivesUp_EndsTheRequest()
    {
        using var end = new CancellationTokenSource();
        _service.AnswerNext(async context =>
        {
            await end.CancelAsync();
            await Task.Delay(Timeout.Infinite, context.RequestAborted).ContinueWith(static _ => { }, TaskScheduler.Default);
        });
        using var embedder = HttpEmbedder.Open(Options, TimeProvider.System);

        await Assert.ThrowsAnyAsync<OperationCanceledException>(async () => await embedder.EmbedAsync([Utf8("a")], end.Token));
    }

    [Fact]
    public async Task EmbedAsync_WhenTooManyWait_IsThrottled()
    {
        var busy = new TaskCompletionSource();
        var answer = new TaskCompletionSource();
        _service.AnswerNext(async context =>
        {
            busy.SetResult();
            await answer.Task;
            context.Response.StatusCode = 400;
        });
        using var embedder = HttpEmbedder.Open(Options with { MaxRequests = 1, MaxWaiting = 0 }, TimeProvider.System);
        var first = embedder.EmbedAsync([Utf8("a")], Token).AsTask();
        await busy.Task;

        var failure = await Assert.ThrowsAsync<CairnException>(async () => await embedder.EmbedAsync([Utf8("b")], Token));

        Assert.Equal(ErrorKind.Throttled, failure.Kind);
        answer.SetResult();
        await Assert.ThrowsAsync<CairnException>(() => first);
    }

    [Theory]
    [InlineData("https://api.openai.com", "https://api.openai.com/v1/embeddings")]
    [InlineData("https://mine.openai.azure.com/", "https://mine.openai.azure.com/openai/v1/embeddings")]
    [InlineData("https://mine.openai.azure.com/openai/deployments/d/embeddings?api-version=2024-10-21", "https://mine.openai.azure.com/openai/deployments/d/embeddings?api-version=2024-10-21")]
    [InlineData("http://localhost:11434", "http://localhost:11434/v1/embeddings")]
    [InlineData("https://proxy.example/models/v1/", "https://proxy.example/models/v1/embeddings")]
    public void Open_WhenAnAddressIsGiven_AddsWhatIsMissing(string endpoint, string expected)
    {
        using var embedder = HttpEmbedder.Open(Options with { Endpoint = new(endpoint), Key = "k" }, TimeProvider.System);

        Assert.Equal(new Uri(expected), embedder.Address);
    }

    [Theory]
    [InlineData("ftp://localhost", "m", null)]
    [InlineData("http://example.com", "m", null)]
    [InlineData("https://user@example.com", "m", null)]
    [InlineData("https://example.com", "", null)]
    [InlineData("https://example.com", "m\n", null)]
    [InlineData("https://example.com", "m", 0)]
    [InlineData("https://example.com", "m", 4097)]
    public void Open_WhenTheOptionsMakeNoSense_IsInvalid(string endpoint, string model, int? dimensions)
    {
        var options = new EmbeddingOptions { Endpoint = new(endpoint), Model = model, Dimensions = dimensions, Key = "k" };

        Assert.Equal(ErrorKind.Invalid, Assert.Throws<CairnException>(() => HttpEmbedder.Open(options, TimeProvider.System)).Kind);
    }

    [Fact]
    public void Model_WhenALengthIsAskedFor_NamesIt()
    {
        using var all = HttpEmbedder.Open(Options, TimeProvider.System);
        using var some = HttpEmbedder.Open(Options with { Dimensions = 256 }, TimeProvider.System);

        Assert.Equal(("small", "small/256"), (all.Model, some.Model));
    }

    private static bool Near(float expected, float actual) => MathF.Abs(expected - actual) < 1e-6f;

    private static ReadOnlyMemory<byte> Utf8(string text) => Encoding.UTF8.GetBytes(text);

    private static async Task<IReadOnlyList<float[]?>> EmbedAsync(EmbeddingOptions options, params string[] texts)
    {
        using var embedder = HttpEmbedder.Open(options, TimeProvider.System);
        return await embedder.EmbedAsync([.. texts.Select(Utf8)], Token);
    }
}
