using System.Net;
using System.Text;
using System.Text.Json;
using Azure.Storage.Blobs;
using Cairn.Functions.Tests.Serving;

namespace Cairn.Functions.Tests.Imports;

/// <summary>The executable: an import whose process is killed, and a file in a container.</summary>
public sealed class ImportProcessTests(AzuriteFixture azurite) : IDisposable
{
    private const int Count = 60_000;

    private readonly string _folder = Directory.CreateTempSubdirectory("cairn-test-").FullName;

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public async Task Import_WhenItsProcessIsKilled_IsFinishedByTheNextAndAppliesEachLineOnce()
    {
        string location;
        await using (var server = await ServerProcess.StartAsync(("CAIRN_DATA", _folder)))
        {
            (await server.Client.PutAsync("/v1/spaces/demo", null, Token)).EnsureSuccessStatusCode();
            using var request = new HttpRequestMessage(HttpMethod.Post, "/v1/spaces/demo/import?format=ndjson") { Content = new StringContent(Lines()) };
            request.Headers.Add("Prefer", "respond-async");
            using var accepted = await server.Client.SendAsync(request, Token);
            Assert.Equal(HttpStatusCode.Accepted, accepted.StatusCode);
            location = accepted.Headers.Location!.ToString();
            while (await ConceptsAsync(server) == 0)
            {
                await Task.Delay(2, Token);
            }

            await server.KillAsync();
        }

        Assert.NotEmpty(Directory.GetFiles(Path.Combine(_folder, ".imports", "demo"))); // it was cut
        await using var next = await ServerProcess.StartAsync(("CAIRN_DATA", _folder));
        var job = await EndedAsync(next, location);

        Assert.Equal(("done", Count, Count), (job.GetProperty("state").GetString(), job.GetProperty("lines").GetInt32(), job.GetProperty("concepts").GetInt32()));
        var ids = await next.ReadChangedAsync("demo");
        Assert.Equal((Count, Count), (ids.Count, ids.Distinct().Count()));
    }

    [Fact]
    public async Task File_WhenItLiesInTheContainer_IsImportedAndGoes()
    {
        var (options, tables) = (await azurite.NewContainerAsync(_folder), await azurite.NewOwnerAsync());
        var imports = new BlobContainerClient(options.ConnectionString, $"{options.ContainerName}-imports");
        await imports.CreateIfNotExistsAsync(cancellationToken: Token);
        await imports.GetBlobClient("demo/memory.json").UploadAsync(BinaryData.FromString("""{"type":"entity","name":"ada","entityType":"person","observations":[]}"""), Token);
        await using var server = await TestServer.StartAsync(each => each with
        {
            Azure = options,
            AutoCreate = true,
            ImportContainer = imports.Name,
            AzureTables = tables,
        });

        using var limit = CancellationTokenSource.CreateLinkedTokenSource(Token);
        limit.CancelAfter(TimeSpan.FromSeconds(60));
        while (await imports.GetBlobClient("demo/memory.json").ExistsAsync(limit.Token))
        {
            await Task.Delay(50, limit.Token);
        }

        (await server.GetAsync("/v1/spaces/demo/concepts/ada?consistency=strong")).Require(HttpStatusCode.OK);
    }

    private static async Task<int> ConceptsAsync(ServerProcess server) => JsonDocument.Parse(await server.Client.GetStringAsync("/v1/spaces/demo/stats", Token))
        .RootElement.GetProperty("snapshot").GetProperty("concepts").GetInt32();

    private static string Lines()
    {
        var lines = new StringBuilder();
        for (var i = 0; i < Count; i++)
        {
            lines.Append(System.Globalization.CultureInfo.InvariantCulture, $$$"""{"concept":{"id":"c{{{i}}}"}}""").Append('\n');
        }

        return lines.ToString();
    }

    private static async Task<JsonElement> EndedAsync(ServerProcess server, string location)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(Token);
        limit.CancelAfter(TimeSpan.FromSeconds(90));
        while (true)
        {
            var job = JsonDocument.Parse(await server.Client.GetStringAsync(location, limit.Token)).RootElement;
            if (job.GetProperty("state").GetString() is "done" or "failed")
            {
                return job;
            }

            await Task.Delay(50, limit.Token);
        }
    }
}
