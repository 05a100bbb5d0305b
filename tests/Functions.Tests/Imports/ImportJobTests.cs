using System.Net;
using System.Text;
using System.Text.Json;
using Cairn.Functions.Hosting;
using Cairn.Functions.Tests.Serving;

namespace Cairn.Functions.Tests.Imports;

/// <summary>Imports that run by themselves: bodies that callers do not wait for, and files that lie in the folder.</summary>
public sealed class ImportJobTests : IAsyncLifetime
{
    private static readonly (string, string) Async = ("Prefer", "respond-async");

    private readonly string _folder = Directory.CreateTempSubdirectory("cairn-test-").FullName;
    private TestServer _server = null!;

    public async ValueTask InitializeAsync()
    {
        _server = await StartAsync();
        (await _server.PutAsync("/v1/spaces/demo", "{}")).Require(HttpStatusCode.Created);
    }

    public async ValueTask DisposeAsync()
    {
        await _server.DisposeAsync();
        Directory.Delete(_folder, recursive: true);
    }

    [Fact]
    public async Task Import_WhenItIsNotWaitedFor_IsAcceptedAndEnds()
    {
        var accepted = await ImportAsync($"{Lines(0, 50)}\n{{\"concept\":{{\"id\":\"\"}}}}\n{{\"association\":{{\"source\":\"c0\",\"type\":\"t\",\"target\":\"c1\"}}}}\n{{\"implied\":\"x\"}}");

        accepted.Require(HttpStatusCode.Accepted);
        Assert.Equal($"/v1/spaces/demo/imports/{accepted.Member("id")}", accepted.Headers["Location"]);
        Assert.Equal("respond-async", accepted.Headers["Preference-Applied"]);
        var job = await EndedAsync(accepted);
        Assert.Equal(("done", 53, 50, 1, 0, 1), (job.Member("state"), Count(job, "lines"), Count(job, "concepts"), Count(job, "associations"), Count(job, "skipped"), Count(job, "rejectedCount")));
        Assert.Equal(51, job["rejected"][0].GetProperty("line").GetInt32());
        Assert.Equal("/concept/id", job["rejected"][0].GetProperty("problem").GetProperty("pointer").GetString());
        (await _server.GetAsync($"/v1/spaces/demo/concepts/c49?after={job.Member("token")}")).Require(HttpStatusCode.OK);
        await UntilNoneWaitsAsync();
    }

    [Fact]
    public async Task Import_WhenTheBodyIsCompressedOrEmpty_IsRead()
    {
        Assert.Equal(0, Count(await EndedAsync(await ImportAsync("")), "lines"));

        using var compressed = new MemoryStream();
        await using (var gzip = new System.IO.Compression.GZipStream(compressed, System.IO.Compression.CompressionLevel.Fastest, leaveOpen: true))
        {
            await gzip.WriteAsync(Encoding.UTF8.GetBytes(Lines(0, 3)), TestContext.Current.CancellationToken);
        }

        using var whole = await SendAsync(compressed.ToArray());
        Assert.Equal(3, Count(await EndedAsync(await Reply.ReadAsync(whole)), "concepts"));
        using var cut = await SendAsync(compressed.ToArray()[..^6]);
        (await Reply.ReadAsync(cut)).RequireProblem(400, "invalid");
        await UntilNoneWaitsAsync();
    }

    [Fact]
    public async Task Import_WhenSentAgainWithItsKey_IsTheSameOne()
    {
        var first = (await ImportAsync(Lines(0, 20), ("Idempotency-Key", "mine"))).Require(HttpStatusCode.Accepted);
        await EndedAsync(first);

        var again = (await ImportAsync(Lines(0, 20), ("Idempotency-Key", "mine"))).Require(HttpStatusCode.Accepted);
        var waited = await _server.SendAsync("POST", "/v1/spaces/demo/import?format=ndjson", Lines(0, 20), "application/x-ndjson", ("Idempotency-Key", "mine"));

        Assert.Equal((first.Member("id"), "true"), (again.Member("id"), again.Headers["Cairn-Replayed"]));
        Assert.Equal(20, (await _server.GetAsync("/v1/spaces/demo/changes?limit=1000"))["items"].GetArrayLength());
        Assert.Equal(20, Count(waited, "concepts"));
        Assert.NotEqual(first.Member("id"), (await ImportAsync(Lines(0, 20), ("Idempotency-Key", "other"))).Member("id"));
    }

    [Fact]
    public async Task Import_WhenAskedForElsewhere_IsUnknown()
    {
        var id = (await ImportAsync(Lines(0, 1))).Member("id");
        (await _server.PutAsync("/v1/spaces/other", "{}")).Require(HttpStatusCode.Created);

        (await _server.GetAsync($"/v1/spaces/other/imports/{id}")).RequireProblem(404, "unknown-import");
        (await _server.GetAsync("/v1/spaces/demo/imports/aaaaaaaaaaaaaaaaaaaaaaaaaa")).RequireProblem(404, "unknown-import");
        (await _server.GetAsync("/v1/spaces/demo/imports/what")).RequireProblem(404, "unknown-import");
        (await _server.GetAsync($"/v1/spaces/none/imports/{id}")).RequireProblem(404, "unknown-space");
        await _server.DeleteAsync("/v1/spaces/demo");
        (await _server.PutAsync("/v1/spaces/demo", "{}")).Require(HttpStatusCode.Created);
        (await _server.GetAsync($"/v1/spaces/demo/imports/{id}")).RequireProblem(404, "unknown-import");
    }

    [Fact]
    public async Task Import_WhenItCannotBeRead_IsRefusedAtOnce()
    {
        (await _server.SendAsync("POST", "/v1/spaces/demo/import?format=csv", "", "application/x-ndjson", Async)).RequireProblem(400, "invalid");
        (await _server.SendAsync("POST", "/v1/spaces/demo/import", "", "image/png", Async)).RequireProblem(415, "unsupported-media-type");
        await using var without = await TestServer.StartAsync(options => options with { Store = new Cairn.Storage.MemorySpaceStore() });
        (await without.SendAsync("POST", "/v1/spaces/demo/import", "", "application/x-ndjson", Async)).RequireProblem(400, "not-supported");
    }

    /// <summary>Stopped in the middle, it goes on where it was, and each line is applied and counted once.</summary>
    [Fact]
    public async Task Import_WhenTheProcessStops_GoesOnInTheNext()
    {
        const int Count = 30_000;
        var accepted = (await ImportAsync(Lines(0, Count))).Require(HttpStatusCode.Accepted);
        await _server.DisposeAsync();

        _server = await StartAsync();

        var job = await EndedAsync(accepted);
        Assert.Equal(("done", Count, Count, 0), (job.Member("state"), ImportJobTests.Count(job, "lines"), ImportJobTests.Count(job, "concepts"), ImportJobTests.Count(job, "rejectedCount")));
        Assert.Equal(Count, (await _server.GetAsync("/v1/spaces/demo/stats"))["snapshot"].GetProperty("concepts").GetInt32());
    }

    [Fact]
    public async Task File_WhenItLiesInTheFolder_IsImportedAndGoes()
    {
        Drop("demo", "memory.json", """{"type":"entity","name":"ada","entityType":"person","observations":["one"]}""");
        Drop("demo", "more.ndjson", """{"concept":{"id":"bob"}}""");
        Drop("demo", "readme.txt", "not ours");
        Drop("auto", "memory.jsonl", """{"type":"entity","name":"eve","entityType":"person","observations":[]}""");
        await RestartAsync();

        await UntilAsync(async () => (await _server.GetAsync("/v1/spaces/demo/concepts/ada")).Status == HttpStatusCode.OK
            && (await _server.GetAsync("/v1/spaces/demo/concepts/bob")).Status == HttpStatusCode.OK
            && (await _server.GetAsync("/v1/spaces/auto/concepts/eve")).Status == HttpStatusCode.OK
            && Waiting().Length == 1);
        Assert.EndsWith("readme.txt", Assert.Single(Waiting()), StringComparison.Ordinal);
    }

    [Fact]
    public async Task File_WhenItsSpaceIsNotThere_WaitsForIt()
    {
        Drop("later", "memory.json", """{"type":"entity","name":"ada","entityType":"person","observations":[]}""");
        await _server.DisposeAsync();
        _server = await StartAsync(options => options with { AutoCreate = false });

        await Task.Delay(500, TestContext.Current.CancellationToken);
        Assert.Single(Waiting());
        (await _server.PutAsync("/v1/spaces/later", "{}")).Require(HttpStatusCode.Created);
        await RestartAsync();
        await UntilAsync(async () => (await _server.GetAsync("/v1/spaces/later/concepts/ada")).Status == HttpStatusCode.OK);
    }

    private async Task RestartAsync()
    {
        await _server.DisposeAsync();
        _server = await StartAsync();
    }

    private Task<TestServer> StartAsync(Func<ServerOptions, ServerOptions>? change = null) => TestServer.StartAsync(options =>
    {
        options = options with { DataFolder = _folder, AutoCreate = true };
        return change?.Invoke(options) ?? options;
    });

    private static string Lines(int from, int count) => string.Join('\n', Enumerable.Range(from, count).Select(i => $$$"""{"concept":{"id":"c{{{i}}}","content":"number {{{i}}}"}}"""));

    private Task<Reply> ImportAsync(string lines, params (string, string)[] headers) =>
        _server.SendAsync("POST", "/v1/spaces/demo/import?format=ndjson", lines, "application/x-ndjson", [Async, .. headers]);

    private Task<HttpResponseMessage> SendAsync(byte[] compressed)
    {
        var request = new HttpRequestMessage(HttpMethod.Post, "/v1/spaces/demo/import?format=ndjson") { Content = new ByteArrayContent(compressed) };
        request.Content.Headers.Add("Content-Encoding", "gzip");
        request.Headers.Add("Prefer", "respond-async");
        return _server.Client.SendAsync(request, TestContext.Current.CancellationToken);
    }

    private async Task<Reply> EndedAsync(Reply accepted)
    {
        var job = accepted;
        await UntilAsync(async () => (job = (await _server.GetAsync(accepted.Headers["Location"])).Require(HttpStatusCode.OK)).Member("state") is "done" or "failed");
        return job;
    }

    private static async Task UntilAsync(Func<Task<bool>> holds)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(TestContext.Current.CancellationToken);
        limit.CancelAfter(TimeSpan.FromSeconds(60));
        while (!await holds())
        {
            await Task.Delay(20, limit.Token);
        }
    }

    private void Drop(string space, string name, string text)
    {
        var path = Path.Combine(_folder, ".imports", space, name);
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        File.WriteAllText(path, text);
        File.SetLastWriteTimeUtc(path, DateTime.UtcNow.AddMinutes(-1));
    }

    // A body is deleted after its import is told as over.
    private Task UntilNoneWaitsAsync() => UntilAsync(() => Task.FromResult(Waiting().Length == 0));

    private string[] Waiting() => Directory.Exists(Path.Combine(_folder, ".imports")) ? Directory.GetFiles(Path.Combine(_folder, ".imports"), "*", SearchOption.AllDirectories) : [];

    private static int Count(Reply reply, string name) => reply[name].GetInt32();
}
