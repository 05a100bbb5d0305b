using Cairn.Domain.Tests;
using Cairn.Infra.EventHubs;
using Cairn.Primitives;

namespace Cairn.Infra.Tests.EventHubs;

public sealed class HubConnectionTests
{
    private const string Rule = "SharedAccessKeyName=a;SharedAccessKey=c2VjcmV0=";

    private static HubConnection Of(string? connection, string? hub = null, string? host = null) =>
        HubConnection.Of(new() { ConnectionString = connection, HubName = hub, FullyQualifiedNamespace = host }, new ManualTime());

    [Theory]
    [InlineData("Endpoint=sb://mine.servicebus.windows.net/;" + Rule + ";EntityPath=one", null, "https://mine.servicebus.windows.net/one")]
    [InlineData("Endpoint=sb://mine.servicebus.windows.net/;" + Rule, "one", "https://mine.servicebus.windows.net/one")]
    [InlineData("Endpoint=sb://mine.servicebus.windows.net;" + Rule + ";EntityPath=one", "one", "https://mine.servicebus.windows.net/one")]
    [InlineData("endpoint=http://127.0.0.1:8080;" + Rule, "one", "http://127.0.0.1:8080/one")]
    [InlineData("Endpoint=sb://mine.servicebus.windows.net/;SharedAccessSignature=SharedAccessSignature sr=x&sig=y&se=1&skn=z", "one", "https://mine.servicebus.windows.net/one")]
    public void Text_WhenItNamesAHub_GivesItsAddress(string text, string? hub, string address) => Assert.Equal(address, Of(text, hub).Address.ToString());

    [Fact]
    public void Namespace_WhenGiven_IsReachedByTls() => Assert.Equal("https://mine.servicebus.windows.net/one", Of(null, "one", "mine.servicebus.windows.net").Address.ToString());

    [Theory]
    [InlineData("", "one", nameof(EventHubOptions.ConnectionString))]
    [InlineData("Endpoint=sb://mine.servicebus.windows.net/;EntityPath=one", null, nameof(EventHubOptions.ConnectionString))]
    [InlineData("Endpoint=http://mine.servicebus.windows.net/;" + Rule, "one", nameof(EventHubOptions.ConnectionString))]
    [InlineData("Endpoint=sb://mine.servicebus.windows.net/;c2VjcmV0", "one", nameof(EventHubOptions.ConnectionString))]
    [InlineData("Endpoint=sb://mine.servicebus.windows.net/;" + Rule, null, nameof(EventHubOptions.HubName))]
    [InlineData("Endpoint=sb://mine.servicebus.windows.net/;" + Rule, "one/two", nameof(EventHubOptions.HubName))]
    [InlineData("Endpoint=sb://mine.servicebus.windows.net/;" + Rule + ";EntityPath=one", "two", nameof(EventHubOptions.HubName))]
    public void Text_WhenItNamesNone_IsInvalidAndNotRepeated(string text, string? hub, string field)
    {
        var failure = Assert.Throws<CairnException>(() => Of(text, hub));

        Assert.Equal((ErrorKind.Invalid, field), (failure.Kind, failure.Field));
        Assert.DoesNotContain("c2VjcmV0", failure.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("https://mine.servicebus.windows.net")]
    [InlineData("mine/x")]
    public void Namespace_WhenItIsNoHost_IsInvalid(string host) =>
        Assert.Equal(nameof(EventHubOptions.FullyQualifiedNamespace), Assert.Throws<CairnException>(() => Of(null, "one", host)).Field);

    [Fact]
    public void Options_WhenTwoWaysOrNoneAreSet_AreInvalid()
    {
        Assert.Equal(ErrorKind.Invalid, Assert.Throws<CairnException>(() => Of(null, "one")).Kind);
        Assert.Equal(ErrorKind.Invalid, Assert.Throws<CairnException>(() => Of("Endpoint=sb://a/;" + Rule, "one", "mine.servicebus.windows.net")).Kind);
    }

    [Fact]
    public void Token_WhenMade_IsThatOfTheDocumentedScheme()
    {
        // By another implementation: sr and se joined by a line break, HMAC-SHA256 by the key's text, base64.
        var token = new SharedAccessToken(new("https://Mine.servicebus.windows.net/one"), "rule", "key", new ManualTime()).Take();

        Assert.Equal("SharedAccessSignature sr=https%3A%2F%2Fmine.servicebus.windows.net%2Fone&sig=7ZQ3uiZVH8ypFXse9hAf6jKgmmv%2FdQYdOa5KzBNWMJw%3D&se=1767229200&skn=rule", token);
    }
}
