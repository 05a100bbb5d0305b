using System.Net;
using System.Text;
using System.Text.Json;
using Cairn.Functions.Tests.Serving;
using Cairn.Functions.Tests.Triggers;

namespace Cairn.Functions.Tests.Imports;

/// <summary>The function <c>import</c>: events that a file was put into the container, as Event Grid puts them into the queue and the Functions host posts them.</summary>
public sealed class ImportTriggerTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("cairn-test-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public async Task Event_WhenPostedByTheHost_ImportsTheFileOnce()
    {
        await using var triggers = await StartAsync();
        await triggers.NewSpaceAsync();
        Drop("demo", "memory.json", """
            {"type":"entity","name":"ada","entityType":"person","observations":["one"]}
            {"type":"relation","from":"ada","to":"babbage","relationType":"knows"}
            """);

        var first = (await triggers.InvokeAsync("import", Event("demo/memory.json"), "m1")).Require(HttpStatusCode.OK);
        var again = (await triggers.InvokeAsync("import", Event("demo/memory.json"), "m1", deliveries: 2)).Require(HttpStatusCode.OK);

        Assert.Equal(("applied", "duplicate"), (first.Member("ReturnValue"), again.Member("ReturnValue")));
        Assert.Equal(2, (await triggers.GetAsync("/v1/spaces/demo/changes"))["items"].GetArrayLength());
        Assert.Empty(Directory.GetFiles(Path.Combine(_folder, ".imports", "demo")));
    }

    [Fact]
    public async Task Event_WhenThereAreNoTables_IsToldAndComesAgain()
    {
        await using var triggers = await TriggerServer.StartAsync(options => options with { Store = new FailingStore() });

        (await triggers.InvokeAsync("import", Event("demo/a.ndjson"), "m1")).RequireProblem(503, "unavailable");
        Assert.Empty(triggers.Poison.Texts);
    }

    [Fact]
    public async Task Event_WhenItsTextIsPlain_IsReadToo()
    {
        await using var triggers = await StartAsync();
        await triggers.NewSpaceAsync();
        Drop("demo", "a.ndjson", """{"concept":{"id":"a"}}""");

        Assert.Equal("applied", (await triggers.InvokeAsync("import", Encoding.UTF8.GetString(Convert.FromBase64String(Event("demo/a.ndjson"))), "m1")).Member("ReturnValue"));
        (await triggers.GetAsync("/v1/spaces/demo/concepts/a")).Require(HttpStatusCode.OK);
    }

    [Fact]
    public async Task File_WhenItIsChangedAndPutAgain_IsAnotherImport()
    {
        await using var triggers = await StartAsync();
        await triggers.NewSpaceAsync();
        foreach (var id in new[] { "a", "bb" })
        {
            Drop("demo", "x.ndjson", $$$"""{"concept":{"id":"{{{id}}}"}}""");
            Assert.Equal("applied", (await triggers.InvokeAsync("import", Event("demo/x.ndjson"), id)).Member("ReturnValue"));
        }

        Assert.Equal(2, (await triggers.GetAsync("/v1/spaces/demo/changes"))["items"].GetArrayLength());
    }

    [Theory]
    [InlineData("""{"subject":"/blobServices/default/containers/imports/blobs/none/memory.json"}""", "unknown-space")]
    [InlineData("""{"subject":"/blobServices/default/containers/imports/blobs/memory.json"}""", "invalid")]
    [InlineData("""{"subject":"/blobServices/default/containers/imports/blobs/No/memory.json"}""", "invalid")]
    [InlineData("""{"subject":1}""", "invalid")]
    [InlineData("{}", "invalid")]
    [InlineData("{", "syntax")]
    [InlineData("nothing", "syntax")]
    public async Task Message_WhenItNamesNoFile_IsPoison(string text, string reason)
    {
        await using var triggers = await StartAsync();
        Drop("none", "memory.json", "");

        Assert.Equal("poisoned", (await triggers.InvokeAsync("import", text, "m1")).Member("ReturnValue"));
        Assert.Equal((reason, "import"), (triggers.SinglePoison().GetProperty("reason").GetString(), triggers.SinglePoison().GetProperty("function").GetString()));
    }

    [Fact]
    public async Task Message_WhenItsFileIsGoneOrNoneOfOurs_IsDone()
    {
        await using var triggers = await StartAsync();
        await triggers.NewSpaceAsync();
        Drop("demo", "picture.png", "x");

        Assert.Equal("duplicate", (await triggers.InvokeAsync("import", Event("demo/gone.json"), "m1")).Member("ReturnValue"));
        Assert.Equal("duplicate", (await triggers.InvokeAsync("import", Event("demo/picture.png"), "m2")).Member("ReturnValue"));
        Assert.Single(Directory.GetFiles(Path.Combine(_folder, ".imports", "demo")));
    }

    [Fact]
    public async Task Import_WhenSentBehindTheHost_IsAskedForByMessage()
    {
        await using var triggers = await StartAsync();
        await triggers.NewSpaceAsync();
        var accepted = await triggers.Server.SendAsync(
            "POST", "/v1/spaces/demo/import?format=ndjson", """{"concept":{"id":"a"}}""", "application/x-ndjson", ("x-api-key", TriggerServer.Key), ("Prefer", "respond-async"));

        accepted.Require(HttpStatusCode.Accepted);
        Assert.Equal("queued", (await triggers.GetAsync(accepted.Headers["Location"])).Member("state"));
        Assert.Equal("applied", (await triggers.InvokeAsync("import", Assert.Single(triggers.Import.Texts), "m1")).Member("ReturnValue"));
        Assert.Equal("done", (await triggers.GetAsync(accepted.Headers["Location"])).Member("state"));
    }

    [Fact]
    public async Task Sweep_WhenAMessageWasLost_FindsTheFile()
    {
        await using var triggers = await StartAsync();
        await triggers.NewSpaceAsync();
        Drop("demo", "a.ndjson", """{"concept":{"id":"a"}}""");
        Drop("none", "b.ndjson", """{"concept":{"id":"b"}}""");

        (await triggers.InvokeAsync("sweep", "{}")).Require(HttpStatusCode.OK);

        (await triggers.GetAsync("/v1/spaces/demo/concepts/a")).Require(HttpStatusCode.OK);
    }

    private Task<TriggerServer> StartAsync() => TriggerServer.StartAsync(options => options with { DataFolder = _folder });

    private void Drop(string space, string name, string text)
    {
        var path = Path.Combine(_folder, ".imports", space, name);
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        File.WriteAllText(path, text);
        File.SetLastWriteTimeUtc(path, DateTime.UtcNow.AddMinutes(-1));
    }

    // As Event Grid puts it into a queue: one event, in base64.
    private static string Event(string blob) => Convert.ToBase64String(JsonSerializer.SerializeToUtf8Bytes(new
    {
        topic = "/subscriptions/00000000-0000-0000-0000-000000000000/resourceGroups/rg-cairn-dev/providers/Microsoft.Storage/storageAccounts/stcairn",
        subject = $"/blobServices/default/containers/imports/blobs/{blob}",
        eventType = "Microsoft.Storage.BlobCreated",
        id = "831e1650-001e-001b-66ab-eeb76e069631",
        data = new
        {
            api = "PutBlob",
            clientRequestId = "6d79dbfb-0e37-4fc4-981f-442c9ca65760",
            requestId = "831e1650-001e-001b-66ab-eeb76e000000",
            eTag = "0x8D4BCC2E4835CD0",
            contentType = "application/json",
            contentLength = 524288,
            blobType = "BlockBlob",
            url = $"https://stcairn.blob.core.windows.net/imports/{blob}",
            sequencer = "00000000000004420000000000028963",
            storageDiagnostics = new { batchId = "b68529f3-68cd-4744-baa4-3c0498ec19f0" },
        },
        dataVersion = "",
        metadataVersion = "1",
        eventTime = "2026-06-26T18:41:00.9584103Z",
    }));
}
