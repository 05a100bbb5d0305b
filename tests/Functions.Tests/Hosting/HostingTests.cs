using System.IO.Compression;
using System.Net;
using System.Net.Http.Headers;
using System.Text;
using Cairn.Functions.Hosting;
using Cairn.Functions.Tests.Serving;

namespace Cairn.Functions.Tests.Hosting;

/// <summary>Starting, stopping, compression.</summary>
public sealed class HostingTests
{
    private static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Data_WhenTheServerStartsAgain_IsThere()
    {
        var folder = Directory.CreateTempSubdirectory("cairn-test-").FullName;
        string token;
        await using (var server = await TestServer.StartAsync(options => options with { DataFolder = folder }))
        {
            token = (await server.PutAsync("/v1/spaces/demo/concepts/a", """{"content":"x"}""")).Token;
        }

        await using (var server = await TestServer.StartAsync(options => options with { DataFolder = folder }))
        {
            Assert.Equal("x", (await server.GetAsync($"/v1/spaces/demo/concepts/a?after={token}")).Member("content"));
        }

        Directory.Delete(folder, recursive: true);
    }

    [Fact]
    public async Task Start_WhenThePortIsTaken_SaysSo()
    {
        await using var server = await TestServer.StartAsync();

        var failure = await Assert.ThrowsAsync<StartFailure>(() => TestServer.StartAsync(options => options with { Urls = [server.Address.ToString()] }));

        Assert.Contains($"{server.Address.Port}", failure.Message, StringComparison.Ordinal);
        Assert.Contains("in use", failure.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("nonsense")]
    [InlineData("https://127.0.0.1:0")]
    [InlineData("ftp://127.0.0.1:0")]
    public async Task Start_WhenTheAddressIsNone_SaysSo(string url)
    {
        var failure = await Assert.ThrowsAsync<StartFailure>(() => TestServer.StartAsync(options => options with { Urls = [url] }));

        Assert.Contains(url, failure.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Stopping_WhenAsked_RefusesNewWorkAndStaysAlive()
    {
        await using var server = await TestServer.StartAsync();
        server.Service.Stop();

        var reply = (await server.GetAsync("/v1/spaces")).RequireProblem(503, "unavailable");

        Assert.Equal("1", reply.Headers["Retry-After"]);
        (await server.GetAsync("/health/live")).Require(HttpStatusCode.OK);
        (await server.GetAsync("/health/ready")).Require(HttpStatusCode.ServiceUnavailable);
    }

    [Fact]
    public async Task Stopping_WhenWorkIsOpen_FinishesIt()
    {
        var server = await TestServer.StartAsync();
        using var body = new StallingContent();
        using var request = new HttpRequestMessage(HttpMethod.Post, "/v1/spaces/demo/ingest") { Content = body };

        // The body begins when the service asks for it, so that the request is open by then.
        request.Headers.ExpectContinue = true;
        using var client = new HttpClient(new SocketsHttpHandler { Expect100ContinueTimeout = TimeSpan.FromSeconds(60) }) { BaseAddress = server.Client.BaseAddress };
        var sending = client.SendAsync(request, Cancelled);
        await body.Started.WaitAsync(Cancelled);

        var stopping = server.StopAsync();
        Assert.False(stopping.IsCompleted);
        body.Finish();

        using var response = await sending;
        Assert.Equal(HttpStatusCode.Accepted, response.StatusCode);
        Assert.Equal(2, (await Reply.ReadAsync(response))["accepted"].GetInt32());
        await stopping;
        await server.DisposeAsync();
    }

    [Fact]
    public async Task Stopping_WhenARequestOnlyWaits_EndsTheWait()
    {
        await using var server = await TestServer.StartAsync();
        await server.PutAsync("/v1/spaces/demo/concepts/a", "{}");
        var name = Cairn.Primitives.SpaceName.Parse("demo");
        var space = await server.Service.Catalog.FindAsync(name, Cancelled);
        var ahead = Cairn.Functions.Tokens.CommitToken.Of(name, space!.Record.Incarnation, Cairn.Primitives.LogPosition.Max);
        var waiting = server.GetAsync($"/v1/spaces/demo/concepts/a?after={ahead}&wait=60000");
        await Task.Delay(100, Cancelled);

        server.Service.Stop();

        (await waiting.WaitAsync(TimeSpan.FromSeconds(20), Cancelled)).RequireProblem(503, "unavailable");
    }

    [Theory]
    [InlineData("gzip")]
    [InlineData("br")]
    public async Task Bodies_WhenCompressed_AreReadAndAnsweredAlike(string coding)
    {
        await using var server = await TestServer.StartAsync();
        var content = new string('c', 10_000);
        using var body = new ByteArrayContent(Compress(coding, $$"""{"content":"{{content}}"}"""));
        body.Headers.ContentType = new("application/json");
        body.Headers.ContentEncoding.Add(coding);
        using var put = await server.Client.PutAsync("/v1/spaces/demo/concepts/a", body, Cancelled);
        Assert.Equal(HttpStatusCode.Created, put.StatusCode);

        using var get = new HttpRequestMessage(HttpMethod.Get, "/v1/spaces/demo/concepts/a");
        get.Headers.AcceptEncoding.Add(new StringWithQualityHeaderValue(coding));
        using var response = await server.Client.SendAsync(get, Cancelled);

        Assert.Equal([coding], response.Content.Headers.ContentEncoding);
        Assert.Contains(content, Decompress(coding, await response.Content.ReadAsByteArrayAsync(Cancelled)), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("deflate", 415, "unsupported-media-type")]
    [InlineData("gzip", 400, "invalid")]
    [InlineData("br", 400, "invalid")]
    public async Task Bodies_WhenTheCodingIsUnknownOrWrong_AreRefused(string coding, int status, string kind)
    {
        await using var server = await TestServer.StartAsync();

        var reply = await server.PutAsync("/v1/spaces/demo/concepts/a", "{}", ("Content-Encoding", coding));

        reply.RequireProblem(status, kind);
    }

    // A file that was not copied to its end would otherwise pass for a shorter one.
    [Theory]
    [InlineData("gzip", "ingest")]
    [InlineData("br", "ingest")]
    [InlineData("gzip", "import?format=ndjson")]
    [InlineData("br", "import?format=ndjson")]
    public async Task Streams_WhenTheirCompressionEndsTooSoon_SayFromWhereOn(string coding, string route)
    {
        await using var server = await TestServer.StartAsync();
        const string Line = """{"concept":{"id":"a"}}""" + "\n";
        var lines = route == "ingest" ? Line.Replace("{\"c", "{\"op\":\"put\",\"c", StringComparison.Ordinal) : Line;
        using var body = new ByteArrayContent(Cut(coding, lines));
        body.Headers.ContentType = new("application/x-ndjson");
        body.Headers.ContentEncoding.Add(coding);

        using var response = await server.Client.PostAsync($"/v1/spaces/demo/{route}", body, Cancelled);

        var reply = await Reply.ReadAsync(response);
        var rejected = Assert.Single(reply["rejected"].EnumerateArray());
        Assert.Equal((2, "urn:cairn:problem:invalid"), (rejected.GetProperty("line").GetInt32(), rejected.GetProperty("problem").GetProperty("type").GetString()));
        (await server.GetAsync($"/v1/spaces/demo/concepts/a?after={reply.Token}")).Require(HttpStatusCode.OK);
    }

    [Fact]
    public async Task Bodies_WhenTheyUnpackPastTheLimit_AreTooLarge()
    {
        await using var server = await TestServer.StartAsync();
        using var body = new ByteArrayContent(Compress("gzip", new string(' ', 20 << 20)));
        body.Headers.ContentType = new("application/json");
        body.Headers.ContentEncoding.Add("gzip");

        using var response = await server.Client.PutAsync("/v1/spaces/demo/concepts/a", body, Cancelled);

        (await Reply.ReadAsync(response)).RequireProblem(413, "too-large");
    }

    [Theory]
    [InlineData("TRUE", true)]
    [InlineData("0", false)]
    [InlineData(null, null)]
    public void Settings_WhenAutoCreateIsSet_ReadIt(string? value, bool? expected) =>
        Assert.Equal(expected, Settings.Read(null, null, name => name == "CAIRN_AUTO_CREATE" ? value : null).AutoCreate);

    [Fact]
    public void Settings_WhenAutoCreateIsNonsense_SaySo() => Assert.Contains(
        "CAIRN_AUTO_CREATE",
        Assert.Throws<StartFailure>(() => Settings.Read(null, null, name => name == "CAIRN_AUTO_CREATE" ? "maybe" : null)).Message,
        StringComparison.Ordinal);

    [Theory]
    [InlineData("P1D", 24 * 60)]
    [InlineData("PT0S", 0)]
    [InlineData(null, 60)]
    public void Settings_WhenTheExpiryGraceIsSet_ReadIt(string? value, int minutes) => Assert.Equal(
        TimeSpan.FromMinutes(minutes), Settings.Read(null, null, name => name == "CAIRN_EXPIRY_GRACE" ? value : null).Engine.ExpiryGrace);

    [Fact]
    public void Settings_WhenTheExpiryGraceIsNonsense_SaySo() =>
        Assert.Contains(
            "CAIRN_EXPIRY_GRACE is '1h'",
            Assert.Throws<StartFailure>(() => Settings.Read(null, null, name => name == "CAIRN_EXPIRY_GRACE" ? "1h" : null)).Message,
            StringComparison.Ordinal);

    [Fact]
    public void Settings_WhenGivenTwice_PreferTheCommandLine()
    {
        static string? Variable(string name) => name switch
        {
            "CAIRN_URLS" => "http://127.0.0.1:1;http://127.0.0.1:2",
            "ASPNETCORE_URLS" => "http://127.0.0.1:3",
            "CAIRN_DATA" => "/tmp/env",
            "CAIRN_ALLOWED_HOSTS" => "a.example, b.example",
            _ => null,
        };

        var environment = Settings.Read(null, null, Variable);
        var commandLine = Settings.Read("http://127.0.0.1:4", "/tmp/line", Variable);

        Assert.Equal(["http://127.0.0.1:1", "http://127.0.0.1:2"], environment.Urls);
        Assert.Equal(("/tmp/env", 2), (environment.DataFolder, environment.AllowedHosts.Count));
        Assert.Equal(("http://127.0.0.1:4", "/tmp/line"), (commandLine.Urls[0], commandLine.DataFolder));
        Assert.Equal(ServerOptions.DefaultUrl, Settings.Read(null, null, _ => null).Urls[0]);
    }

    private static byte[] Compress(string coding, string text)
    {
        using var buffer = new MemoryStream();
        using (Stream stream = coding == "br" ? new BrotliStream(buffer, CompressionLevel.Fastest) : new GZipStream(buffer, CompressionLevel.Fastest))
        {
            stream.Write(Encoding.UTF8.GetBytes(text));
        }

        return buffer.ToArray();
    }

    // All of the text, flushed, without the end of the compression.
    private static byte[] Cut(string coding, string text)
    {
        using var buffer = new MemoryStream();
        using Stream stream = coding == "br" ? new BrotliStream(buffer, CompressionLevel.Fastest) : new GZipStream(buffer, CompressionLevel.Fastest);
        stream.Write(Encoding.UTF8.GetBytes(text));
        stream.Flush();
        return buffer.ToArray();
    }

    private static string Decompress(string coding, byte[] bytes)
    {
        using var buffer = new MemoryStream(bytes);
        using Stream stream = coding == "br" ? new BrotliStream(buffer, CompressionMode.Decompress) : new GZipStream(buffer, CompressionMode.Decompress);
        using var reader = new StreamReader(stream);
        return reader.ReadToEnd();
    }

    /// <summary>Sends a line, then waits before the next.</summary>
    private sealed class StallingContent : HttpContent
    {
        private readonly TaskCompletionSource _started = new(TaskCreationOptions.RunContinuationsAsynchronously);
        private readonly TaskCompletionSource _finished = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public StallingContent() => Headers.ContentType = new("application/x-ndjson");

        public Task Started => _started.Task;

        public void Finish() => _finished.TrySetResult();

        protected override async Task SerializeToStreamAsync(Stream stream, TransportContext? context)
        {
            await stream.WriteAsync("{\"op\":\"put\",\"concept\":{\"id\":\"a\"}}\n"u8.ToArray());
            await stream.FlushAsync();
            _started.TrySetResult();
            await _finished.Task;
            await stream.WriteAsync("{\"op\":\"put\",\"concept\":{\"id\":\"b\"}}\n"u8.ToArray());
        }

        protected override bool TryComputeLength(out long length)
        {
            length = 0;
            return false;
        }
    }
}
