using Cairn.Functions.Hosting;
using Cairn.Functions.Tests.Serving;
using Cairn.Infra.EventHubs;
using Cairn.Storage;

namespace Cairn.Functions.Tests.Hosting;

/// <summary>Which hub bursts go through: the one that is set, or none.</summary>
public sealed class HubSettingsTests
{
    private const string Connection = "Endpoint=sb://mine.servicebus.windows.net/;SharedAccessKeyName=a;SharedAccessKey=b";

    private static HubOptions? Read(params (string Name, string Value)[] settings) => ReadWith(null, settings);

    private static HubOptions? ReadWith(string? data, params (string Name, string Value)[] settings) =>
        Settings.Read(null, data, name => settings.Where(each => each.Name == name).Select(each => each.Value).FirstOrDefault()).Hub;

    [Fact]
    public void Read_WhenANamespaceIsSet_UsesTheIdentityOfTheProcess()
    {
        var read = Read(
            ("CAIRN_HUB__fullyQualifiedNamespace", "mine.servicebus.windows.net"), ("CAIRN_HUB__credential", "managedidentity"), ("CAIRN_HUB__clientId", "id"),
            ("CAIRN_HUB_NAME", "cairn-ingest"), ("CAIRN_HUB_PARTITIONS", "8"));

        Assert.Equal(new(new() { FullyQualifiedNamespace = "mine.servicebus.windows.net", ManagedIdentityClientId = "id", HubName = "cairn-ingest" }, 8), read);
    }

    [Fact]
    public void Read_WhenAConnectionStringIsSet_UsesIt() => Assert.Equal(
        new(new() { ConnectionString = Connection, HubName = "one", MaxBatchBytes = 256_000 }, 2),
        Read(("CAIRN_HUB", Connection), ("CAIRN_HUB__fullyQualifiedNamespace", "ignored"), ("CAIRN_HUB_NAME", "one"), ("CAIRN_HUB_PARTITIONS", "2"), ("CAIRN_HUB_LIMIT", "256KB")));

    [Fact]
    public void Read_WhenNoneIsSetOrAFolderIsGiven_HasNone()
    {
        Assert.Null(Read(("CAIRN_HUB_NAME", "cairn-ingest")));
        Assert.Null(Read(("CAIRN_HUB", ""), ("CAIRN_HUB__fullyQualifiedNamespace", ""), ("CAIRN_HUB_PARTITIONS", "")));
        Assert.Null(ReadWith("folder", ("CAIRN_HUB", Connection), ("CAIRN_HUB_PARTITIONS", "2")));
    }

    [Theory]
    [InlineData(null)]
    [InlineData("0")]
    [InlineData("1025")]
    [InlineData("many")]
    public void Read_WhenThePartitionsAreNotSaid_Refuses(string? partitions) => Assert.Contains(
        "CAIRN_HUB_PARTITIONS", Assert.Throws<StartFailure>(() => Read([("CAIRN_HUB", Connection), .. partitions is null ? [] : new[] { ("CAIRN_HUB_PARTITIONS", partitions) }])).Message, StringComparison.Ordinal);

    [Theory]
    [InlineData("CAIRN_HUB:", "secret", "one", EventHubOptions.DefaultMaxBatchBytes)]
    [InlineData("CAIRN_HUB_NAME:", Connection, "a/b", EventHubOptions.DefaultMaxBatchBytes)]
    [InlineData("CAIRN_HUB_LIMIT:", Connection, "one", 1000)]
    public async Task Start_WhenASettingIsWrong_NamesIt(string setting, string connection, string name, int limit)
    {
        var hub = new HubOptions(new() { ConnectionString = connection, HubName = name, MaxBatchBytes = limit }, 1);
        var queue = new Domain.Tests.Storage.MemoryMessageQueue(TimeProvider.System);

        var failure = await Assert.ThrowsAsync<StartFailure>(() => TestServer.StartAsync(options => options with
        {
            Hub = hub,
            Queues = new(queue, queue, queue, queue, new Triggers.MemoryClaims()),
            Store = new MemorySpaceStore(),
            Tables = new MemoryTableStore(),
        }));

        Assert.StartsWith(setting, failure.Message, StringComparison.Ordinal);
        Assert.DoesNotContain("secret", failure.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Start_WhenNobodyCouldApplyTheEvents_SaysWhatIsMissing()
    {
        var hub = new HubOptions(new() { ConnectionString = Connection, HubName = "one" }, 1);

        var failure = await Assert.ThrowsAsync<StartFailure>(() => TestServer.StartAsync(options => options with { Hub = hub }));

        Assert.Contains("AzureWebJobsStorage", failure.Message, StringComparison.Ordinal);
    }
}
