using Cairn.Storage;

namespace Cairn.Domain.Tests.Storage;

/// <summary>What every queue keeps, in memory and in Azure.</summary>
public abstract class MessageQueueConformance
{
    private static readonly TimeSpan Held = TimeSpan.FromMinutes(1), None = TimeSpan.Zero;

    private static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    /// <summary>An empty queue.</summary>
    protected abstract Task<IMessageQueue> OpenAsync();

    [Theory]
    [InlineData("""{"space":"demo","text":"<&>\"é\u0001"}""")]
    [InlineData("eyJzcGFjZSI6ImRlbW8ifQ==")]
    [InlineData("  spaces around\n")]
    public async Task ReceiveAsync_WhenAMessageWasSent_GivesItAsItWas(string text)
    {
        var queue = await OpenAsync();
        await queue.SendAsync(text, None, Cancelled);

        var message = Assert.Single(await queue.ReceiveAsync(IMessageQueue.MaxReceived, Held, Cancelled));

        Assert.Equal((text, 1), (message.Text, message.DeliveryCount));
        Assert.Matches("^[!-~]{1,128}$", message.Id);
        Assert.InRange(message.InsertedAt, DateTimeOffset.UtcNow.AddMinutes(-5), DateTimeOffset.UtcNow.AddMinutes(5));
    }

    [Fact]
    public async Task ReceiveAsync_WhenNothingIsVisible_GivesNone()
    {
        var queue = await OpenAsync();
        Assert.Empty(await queue.ReceiveAsync(1, Held, Cancelled));
        await queue.SendAsync("late", Held, Cancelled);
        await queue.SendAsync("held", None, Cancelled);
        Assert.Equal("held", Assert.Single(await queue.ReceiveAsync(IMessageQueue.MaxReceived, Held, Cancelled)).Text);

        Assert.Empty(await queue.ReceiveAsync(IMessageQueue.MaxReceived, Held, Cancelled));
    }

    [Fact]
    public async Task RenewAsync_WithZero_GivesItBack()
    {
        var (queue, message) = await HoldOneAsync();

        Assert.NotNull(await queue.RenewAsync(message, None, Cancelled));

        var again = Assert.Single(await queue.ReceiveAsync(1, Held, Cancelled));
        Assert.Equal((message.Id, message.Text, 2), (again.Id, again.Text, again.DeliveryCount));
    }

    [Fact]
    public async Task DeleteAsync_WhenItIsHeld_DeletesIt()
    {
        var (queue, message) = await HoldOneAsync();
        var renewed = await queue.RenewAsync(message, Held, Cancelled);

        Assert.True(await queue.DeleteAsync(renewed!, Cancelled));

        Assert.False(await queue.DeleteAsync(renewed!, Cancelled));
        Assert.Null(await queue.RenewAsync(renewed!, Held, Cancelled));
    }

    [Fact]
    public async Task DeleteAsync_WhenSomebodyElseHoldsIt_LeavesIt()
    {
        var (queue, message) = await HoldOneAsync();
        await queue.RenewAsync(message, None, Cancelled);
        var other = Assert.Single(await queue.ReceiveAsync(1, Held, Cancelled));

        Assert.False(await queue.DeleteAsync(message, Cancelled));
        Assert.Null(await queue.RenewAsync(message, Held, Cancelled));

        Assert.True(await queue.DeleteAsync(other, Cancelled));
    }

    private async Task<(IMessageQueue Queue, HeldMessage Message)> HoldOneAsync()
    {
        var queue = await OpenAsync();
        await queue.SendAsync("one", None, Cancelled);
        return (queue, Assert.Single(await queue.ReceiveAsync(1, Held, Cancelled)));
    }
}
