using Cairn.Domain.Tests.Storage;
using Cairn.Infra.Queue;
using Cairn.Infra.Tests.Azurite;
using Cairn.Primitives;
using Cairn.Storage;

namespace Cairn.Infra.Tests.Queue;

/// <summary>The port on Azurite, and what it makes of a service that is not there.</summary>
public sealed class AzureMessageQueueTests(AzuriteFixture azurite) : MessageQueueConformance
{
    protected override async Task<IMessageQueue> OpenAsync() =>
        AzureMessageQueue.Open(new() { ConnectionString = await azurite.QueueConnectionStringAsync() }, $"test-{Guid.NewGuid():N}");

    [Fact]
    public async Task SendAsync_WhenNothingListens_IsUnavailable()
    {
        var queue = AzureMessageQueue.Open(new() { ConnectionString = AzuriteProcess.ConnectionStringOf("http://127.0.0.1:1", AzuriteProcess.Queue) }, "test");

        var failure = await Assert.ThrowsAsync<CairnException>(async () => await queue.SendAsync("x", TimeSpan.Zero, TestContext.Current.CancellationToken));

        Assert.Equal(ErrorKind.Unavailable, failure.Kind);
    }

    [Theory]
    [InlineData("AccountName=mine", null)]
    [InlineData(null, null)]
    [InlineData(null, "http://mine.queue.core.windows.net")]
    [InlineData("UseDevelopmentStorage=true", "https://mine.queue.core.windows.net")]
    public void Open_WhenTheAccountIsNone_IsInvalid(string? connection, string? address)
    {
        var options = new AzureQueueOptions { ConnectionString = connection, ServiceUri = address is null ? null : new(address) };

        Assert.Equal(ErrorKind.Invalid, Assert.Throws<CairnException>(() => AzureMessageQueue.Open(options, "test")).Kind);
    }
}
