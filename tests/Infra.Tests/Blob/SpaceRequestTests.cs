using System.Text;
using Cairn.Diagnostics;
using Cairn.Formats;
using Cairn.Domain.Tests;
using Cairn.Infra.Tests.Azurite;
using Cairn.Model;
using Cairn.Primitives;
using Cairn.Reconciliation;

namespace Cairn.Infra.Tests.Blob;

/// <summary>What a space costs in requests: while it takes commits, while nobody uses it, and when it is opened.</summary>
public sealed class SpaceRequestTests(AzuriteFixture azurite)
{
    private const string Append = "PUT appendblock";
    private static long _ids;

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Commits_WhenTheyComeTogether_CostOneAppendAGroup()
    {
        await using var azure = await AzureStoreFixture.OpenAsync(azurite);
        var groups = new GroupCounter();
        await using var catalog = Open(azure, TimeProvider.System, groups);
        var space = (await catalog.FindAsync(AzureStoreFixture.Space.Name, Token))!;
        await CommitAsync(space, "first");
        var before = groups.Count;
        azure.Network.TakeSent();

        await Task.WhenAll(Enumerable.Range(0, 2_000).Select(i => space.IngestAsync(Encode(space, $"c{i}"), Token).AsTask()));

        var sent = azure.Network.TakeSent();
        Assert.Equal(groups.Count - before, sent.Count(static request => request == Append));
        Assert.InRange(groups.Count - before, 1, 1_000);

        // Besides, only the looks at what other processes wrote.
        Assert.All(sent, static request => Assert.Contains(request, new[] { Append, "GET blob" }));
    }

    [Fact]
    public async Task Space_WhenNobodyUsesIt_AsksAMinuteLongAndThenNothing()
    {
        var time = new ManualTime();
        await using var azure = await AzureStoreFixture.OpenAsync(azurite);
        await using var catalog = Open(azure, time, new GroupCounter());
        await CommitAsync((await catalog.FindAsync(AzureStoreFixture.Space.Name, Token))!, "first");
        azure.Network.TakeSent();

        await PassAsync(time, seconds: 62);
        Assert.InRange(azure.Network.TakeSent().Count, 1, 70);

        // One look may have begun in time and be late, where the machine is slow.
        await PassAsync(time, seconds: 60);
        Assert.InRange(azure.Network.TakeSent().Count, 0, 1);
    }

    [Fact]
    public async Task Space_WhenItIsOpened_CostsAsManyRequestsAsTheDocumentSays()
    {
        await using var azure = await AzureStoreFixture.OpenAsync(azurite);
        await using (var catalog = Open(azure, TimeProvider.System, new GroupCounter()))
        {
            var space = (await catalog.FindAsync(AzureStoreFixture.Space.Name, Token))!;
            await CommitAsync(space, "first");
            await space.CheckpointAsync(Token);
        }

        var warm = await OpeningAsync(azure);
        Directory.Delete(azure.CacheFolder, recursive: true);
        var cold = await OpeningAsync(azure);

        // A look at what other processes wrote may be among them.
        Assert.Equal((0, 2), (warm.Writes, warm.Lists));
        Assert.InRange(warm.Reads, 4, 5);
        Assert.Equal((0, 2), (cold.Writes, cold.Lists));
        Assert.InRange(cold.Reads, 8, 9);
    }

    [Fact]
    public async Task Checkpoint_WhenItIsTheFirst_CostsAsManyRequestsAsTheDocumentSays()
    {
        await using var azure = await AzureStoreFixture.OpenAsync(azurite);
        await using var catalog = Open(azure, new ManualTime(), new GroupCounter());
        var space = (await catalog.FindAsync(AzureStoreFixture.Space.Name, Token))!;
        await CommitAsync(space, "first");
        azure.Network.TakeSent();

        await space.CheckpointAsync(Token);

        Assert.Equal((4, 7, 8), Kinds(azure.Network.TakeSent()));
    }

    private static async Task<(int Writes, int Lists, int Reads)> OpeningAsync(AzureStoreFixture azure)
    {
        await using var catalog = Open(azure, TimeProvider.System, new GroupCounter());
        azure.Network.TakeSent();
        var space = (await catalog.FindAsync(AzureStoreFixture.Space.Name, Token))!;
        Assert.True(space.Current.FindConcept("first"u8) >= 0);
        return Kinds(azure.Network.TakeSent());
    }

    private static (int Writes, int Lists, int Reads) Kinds(IReadOnlyList<string> sent) => (
        sent.Count(static request => request.StartsWith("PUT", StringComparison.Ordinal)),
        sent.Count(static request => request == "GET list"),
        sent.Count(static request => request is "GET blob" or "HEAD blob"));

    // Each second's timers are done before the next one begins, as far as an Azurite needs some milliseconds an answer.
    private static async Task PassAsync(ManualTime time, int seconds)
    {
        for (var i = 0; i < seconds; i++)
        {
            time.Advance(TimeSpan.FromSeconds(1));
            await Task.Delay(20, Token);
        }
    }

    private static SpaceCatalog Open(AzureStoreFixture azure, TimeProvider time, IEngineObserver observer) =>
        new(azure.Store, EngineOptions.Default, _ => new(time, () => (UInt128)Interlocked.Increment(ref _ids), observer));

    private static async Task CommitAsync(Space space, string id) => await space.CommitAsync(Encode(space, id), Token);

    private static EncodedCommit Encode(Space space, string id)
    {
        var writer = new CommitWriter(space.Record.Incarnation);
        writer.Begin(Encoding.ASCII.GetBytes($"made-{id}"), givenByCaller: false, space.Now());
        writer.Put(new Concept { Id = id }, OnExists.Replace);
        return writer.Finish();
    }

    private sealed class GroupCounter : IEngineObserver
    {
        private int _count;

        public int Count => Volatile.Read(ref _count);

        public void Reached(WriterStep step) => Interlocked.Add(ref _count, step == WriterStep.Appended ? 1 : 0);
    }
}
