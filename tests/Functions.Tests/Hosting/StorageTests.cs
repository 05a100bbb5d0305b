using System.Net;
using System.Text;
using System.Text.Json;
using Azure.Storage.Blobs;
using Cairn.Functions.Hosting;
using Cairn.Functions.Tests.Serving;
using Cairn.Infra.Blob;
using Cairn.Infra.Tests.Azurite;

namespace Cairn.Functions.Tests.Hosting;

/// <summary>The server with its data in Azure Blob Storage: an Azurite, here.</summary>
public sealed class StorageTests(AzuriteFixture azurite) : IDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);
    private readonly string _folder = Directory.CreateTempSubdirectory("cairn-test-").FullName;

    private static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public async Task Process_WhenItIsKilled_HasAllThatWasAnswered()
    {
        var settings = Settings(await azurite.NewContainerAsync(_folder));
        string token;
        await using (var first = await ServerProcess.StartAsync(settings))
        {
            Assert.Contains($"/{settings[1].Value}", first.Line, StringComparison.Ordinal);
            await SendAsync(first, HttpMethod.Put, "/v1/spaces/demo", "{}", HttpStatusCode.Created);
            for (var i = 0; i < 20; i++)
            {
                await SendAsync(first, HttpMethod.Put, $"/v1/spaces/demo/concepts/c{i}", """{"content":"kept"}""", HttpStatusCode.Created);
            }

            token = (await SendAsync(first, HttpMethod.Post, "/v1/spaces/demo/commits", Commit("last"), HttpStatusCode.OK)).GetProperty("token").GetString()!;
            await first.KillAsync();
        }

        await using var second = await ServerProcess.StartAsync(settings);
        var list = await SendAsync(second, HttpMethod.Get, $"/v1/spaces/demo/concepts?limit=100&after={token}", null, HttpStatusCode.OK);
        Assert.Equal(21, list.GetProperty("items").GetArrayLength());
    }

    [Fact]
    public async Task Processes_WhenBothTakeABurst_LoseAndDoubleNothingAndShowEachOthers()
    {
        const int Each = 300;
        var settings = Settings(await azurite.NewContainerAsync(_folder));
        await using var one = await ServerProcess.StartAsync(settings);
        await using var two = await ServerProcess.StartAsync(settings);
        await SendAsync(one, HttpMethod.Put, "/v1/spaces/demo", "{}", HttpStatusCode.Created);

        await SendAsync(two, HttpMethod.Put, "/v1/spaces/demo/concepts/mine", "{}", HttpStatusCode.Created);
        await SendAsync(one, HttpMethod.Get, "/v1/spaces/demo/concepts/mine?consistency=strong", null, HttpStatusCode.OK);
        await Task.WhenAll(
            BurstAsync(one, "one", Each), BurstAsync(two, "two", Each), IngestAsync(one, "three", Each), IngestAsync(two, "four", Each));

        foreach (var server in new[] { one, two })
        {
            var stats = await SendAsync(server, HttpMethod.Get, "/v1/spaces/demo/stats?consistency=strong", null, HttpStatusCode.OK);
            Assert.Equal((4 * Each) + 1, stats.GetProperty("snapshot").GetProperty("concepts").GetInt32());
            var ids = await server.ReadChangedAsync("demo");
            Assert.Equal((4 * Each) + 1, ids.Count);
            Assert.Equal(ids.Count, ids.Distinct().Count());
        }

        // A cursor of one process may lie ahead of what the other has read; it is no less good there.
        await SendAsync(one, HttpMethod.Put, "/v1/spaces/demo/concepts/later", "{}", HttpStatusCode.Created);
        var next = (await SendAsync(one, HttpMethod.Get, "/v1/spaces/demo/changes?limit=1000", null, HttpStatusCode.OK)).GetProperty("next").GetString()!;
        next = (await SendAsync(one, HttpMethod.Get, $"/v1/spaces/demo/changes?limit=1000&since={Uri.EscapeDataString(next)}", null, HttpStatusCode.OK)).GetProperty("next").GetString()!;
        var page = await SendAsync(two, HttpMethod.Get, $"/v1/spaces/demo/changes?since={Uri.EscapeDataString(next)}", null, HttpStatusCode.OK);
        Assert.Equal(0, page.GetProperty("items").GetArrayLength());
        await SendAsync(one, HttpMethod.Put, "/v1/spaces/demo/concepts/last", "{}", HttpStatusCode.Created);
        page = await SendAsync(two, HttpMethod.Get, $"/v1/spaces/demo/changes?wait=20000&since={Uri.EscapeDataString(next)}", null, HttpStatusCode.OK);
        Assert.Equal(1, page.GetProperty("items").GetArrayLength());
    }

    [Fact]
    public async Task Server_WhenTheServiceDoesNotAnswer_StartsRefusesAndGoesOnWhenItDoes()
    {
        var port = ServerProcess.FreePort();
        var options = AzuriteFixture.Options(AzuriteProcess.ConnectionStringOf($"http://127.0.0.1:{port}"), _folder);
        await using var server = await TestServer.StartAsync(each => each with { Azure = options });

        (await server.PutAsync("/v1/spaces/demo", "{}")).RequireProblem(503, "unavailable");
        (await server.GetAsync("/v1/spaces/demo/concepts/a")).RequireProblem(503, "unavailable");
        (await server.GetAsync("/health/live")).Require(HttpStatusCode.OK);
        Assert.Equal("degraded", (await server.GetAsync("/health")).Member("status"));
        (await server.GetAsync("/health/ready")).Require(HttpStatusCode.ServiceUnavailable);

        await using var late = await AzuriteFixture.StartAsync(port);
        await UntilAsync(async () => (await server.GetAsync("/health/ready")).Status == HttpStatusCode.OK);
        (await server.PutAsync("/v1/spaces/demo/concepts/a", "{}")).Require(HttpStatusCode.Created);
    }

    [Fact]
    public async Task Server_WhenADeletionWasLeftHalfDone_FinishesIt()
    {
        var options = await azurite.NewContainerAsync(_folder);
        var container = new BlobContainerClient(options.ConnectionString, options.ContainerName);
        await container.CreateAsync(cancellationToken: Cancelled);
        const string Incarnation = "aaaaaaaaaaaaaaaaaaaaaaaabq";
        foreach (var name in new[] { $".deleted/gone/{Incarnation}", $"gone/{Incarnation}/log/0000000.log" })
        {
            await container.GetBlobClient(name).UploadAsync(BinaryData.FromString("x"), Cancelled);
        }

        await using var server = await TestServer.StartAsync(each => each with { Azure = options });

        await UntilAsync(async () => await container.GetBlobsAsync(cancellationToken: Cancelled).CountAsync(Cancelled) == 0);
    }

    [Fact]
    public async Task Commands_WhenTheDataIsInAContainer_WorkOnIt()
    {
        var options = await azurite.NewContainerAsync(_folder);
        await using (var server = await TestServer.StartAsync(each => each with { Azure = options }))
        {
            (await server.PutAsync("/v1/spaces/demo/concepts/a", "{}")).Require(HttpStatusCode.Created);
        }

        Assert.Contains("demo: checkpoint", await RunAsync(options, "compact"), StringComparison.Ordinal);
        Assert.Contains("demo: whole", await RunAsync(options, "verify", "demo"), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("AzureWebJobsStorage", "AccountName=mine")]
    [InlineData("AzureWebJobsStorage", "Not-An-Account")]
    [InlineData("AzureWebJobsStorage__accountName", "Not-An-Account")]
    [InlineData("AzureWebJobsStorage__blobServiceUri", "mine")]
    [InlineData("AzureWebJobsStorage__blobServiceUri", "http://mine.blob.core.windows.net")]
    [InlineData("CAIRN_CONTAINER", "No Container")]
    [InlineData("CAIRN_CACHE_LIMIT", "much")]
    [InlineData("CAIRN_MEMORY", "-1")]
    public async Task Start_WhenASettingIsWrong_EndsWithOneLineThatNamesIt(string name, string value)
    {
        (string, string)[] settings = [("AzureWebJobsStorage", "UseDevelopmentStorage=true"), ("CAIRN_CACHE", _folder), (name, value)];
        using var process = ServerProcess.Start(name.StartsWith("Azure", StringComparison.Ordinal) ? settings[1..] : settings, "--urls", "http://127.0.0.1:0");
        var error = await process.StandardError.ReadToEndAsync(Cancelled);
        await process.WaitForExitAsync(Cancelled);

        Assert.Equal(1, process.ExitCode);
        var line = Assert.Single(error.Split('\n', StringSplitOptions.RemoveEmptyEntries));
        Assert.StartsWith("cairn: ", line, StringComparison.Ordinal);
        Assert.Contains(name, line, StringComparison.Ordinal);
    }

    [Fact]
    public void Read_WhenAStorageAccountIsSet_TakesItAsTheFunctionsHostDoes()
    {
        static AzureStorageOptions? Read(params (string Name, string Value)[] settings) =>
            StorageSettings.Read(name => settings.Where(each => each.Name == name).Select(each => each.Value).FirstOrDefault());

        Assert.Null(Read(("CAIRN_CONTAINER", "other")));
        Assert.Equal("UseDevelopmentStorage=true", Read(("AzureWebJobsStorage", "UseDevelopmentStorage=true"))!.ConnectionString);
        Assert.Equal("mine", Read(("AzureWebJobsStorage", "mine"))!.AccountName);
        Assert.Equal("mine", Read(("AzureWebJobsStorage__accountName", "mine"))!.AccountName);
        Assert.Equal(
            new("https://mine.blob.core.windows.net"), Read(("AzureWebJobsStorage__blobServiceUri", "https://mine.blob.core.windows.net"))!.ServiceUri);
        var identity = Read(
            ("AzureWebJobsStorage__accountName", "mine"), ("AzureWebJobsStorage__credential", "managedidentity"), ("AzureWebJobsStorage__clientId", "me"));
        Assert.Equal(("mine", "me"), (identity!.AccountName, identity.ManagedIdentityClientId));
        var full = Read(("AzureWebJobsStorage", "mine"), ("CAIRN_CONTAINER", "other"), ("CAIRN_CACHE", "/c"), ("CAIRN_CACHE_LIMIT", "1.5GiB"));
        Assert.Equal(("other", Path.GetFullPath("/c"), 3L << 29), (full!.ContainerName, full.CacheFolder, full.CacheLimitBytes));
    }

    [Fact]
    public void Read_WhenTheCommandLineNamesAFolder_TakesThat()
    {
        static string? Variable(string name) => name == "AzureWebJobsStorage" ? "UseDevelopmentStorage=true" : null;

        Assert.Null(Functions.Hosting.Settings.Read(null, "folder", Variable).Azure);
        Assert.NotNull(Functions.Hosting.Settings.Read(null, null, Variable).Azure);
    }

    [Theory]
    [InlineData("512MB", 512_000_000)]
    [InlineData("512 MiB", 512L << 20)]
    [InlineData("1.5gib", 3L << 29)]
    [InlineData("1000", 1000)]
    [InlineData("7B", 7)]
    [InlineData("0", 0)]
    [InlineData("-5MB", 0)]
    [InlineData("MB", 0)]
    [InlineData("1e3", 0)]
    [InlineData("9999999999TB", 0)]
    public void TryParse_WhenASizeIsWritten_ReadsIt(string text, long expected)
    {
        Assert.Equal(expected > 0, ByteSize.TryParse(text, out var bytes));
        Assert.Equal(expected, bytes);
    }

    private static (string Name, string Value)[] Settings(AzureStorageOptions options) =>
    [
        ("AzureWebJobsStorage", options.ConnectionString!), ("CAIRN_CONTAINER", options.ContainerName), ("CAIRN_CACHE", options.CacheFolder),
    ];

    private static string Commit(string id) => $$$"""{"operations":[{"op":"put","concept":{"id":"{{{id}}}"}}]}""";

    private static async Task<JsonElement> SendAsync(ServerProcess server, HttpMethod method, string path, string? body, HttpStatusCode expected)
    {
        using var request = new HttpRequestMessage(method, path) { Content = body is null ? null : new StringContent(body, null, "application/json") };
        using var response = await server.Client.SendAsync(request, Cancelled);
        var text = await response.Content.ReadAsStringAsync(Cancelled);
        Assert.True(expected == response.StatusCode, $"{method} {path}: {response.StatusCode} {text}");
        return JsonDocument.Parse(text).RootElement;
    }

    private static Task BurstAsync(ServerProcess server, string prefix, int count) => Parallel.ForEachAsync(
        Enumerable.Range(0, count),
        new ParallelOptions { MaxDegreeOfParallelism = 16, CancellationToken = Cancelled },
        async (i, _) => await SendAsync(server, HttpMethod.Post, "/v1/spaces/demo/commits", Commit($"{prefix}-{i}"), HttpStatusCode.OK));

    private static async Task IngestAsync(ServerProcess server, string prefix, int count)
    {
        var lines = string.Concat(Enumerable.Range(0, count).Select(i => $$$"""{"op":"put","concept":{"id":"{{{prefix}}}-{{{i}}}"}}""" + "\n"));
        using var body = new ByteArrayContent(Encoding.UTF8.GetBytes(lines));
        body.Headers.ContentType = new("application/x-ndjson");
        using var response = await server.Client.PostAsync("/v1/spaces/demo/ingest", body, Cancelled);
        Assert.Equal(HttpStatusCode.Accepted, response.StatusCode);
    }

    private static async Task UntilAsync(Func<Task<bool>> holds)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(Cancelled);
        limit.CancelAfter(Patience);
        while (!await holds())
        {
            await Task.Delay(100, limit.Token);
        }
    }

    private static async Task<string> RunAsync(AzureStorageOptions options, params string[] arguments)
    {
        using var process = ServerProcess.Start(Settings(options), arguments);
        var output = await process.StandardOutput.ReadToEndAsync(Cancelled);
        var error = await process.StandardError.ReadToEndAsync(Cancelled);
        await process.WaitForExitAsync(Cancelled);
        Assert.True(process.ExitCode == 0, output + error);
        return output;
    }
}
