using System.Net;
using System.Net.Sockets;
using System.Text;
using Cairn.Functions.Tests.Serving;

namespace Cairn.Functions.Tests.Hosting;

/// <summary>What lies below the routes: versions of HTTP, and requests in a row.</summary>
public sealed class TransportTests
{
    private static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Http2_WhenTheAddressAsksForIt_IsSpokenWithoutTls()
    {
        await using var server = await TestServer.StartAsync(options => options with { Urls = ["h2c://127.0.0.1:0"] });
        using var request = new HttpRequestMessage(HttpMethod.Put, "/v1/spaces/two/concepts/ada")
        {
            Version = HttpVersion.Version20,
            VersionPolicy = HttpVersionPolicy.RequestVersionExact,
            Content = new StringContent("{}", null, "application/json"),
        };

        using var response = await server.Client.SendAsync(request, Cancelled);

        Assert.Equal(HttpVersion.Version20, response.Version);
        Assert.Equal(HttpStatusCode.Created, response.StatusCode);
    }

    [Fact]
    public async Task Http11_WhenRequestsAreSentInARow_AreAnsweredInOrder()
    {
        await using var server = await TestServer.StartAsync();
        (await server.PutAsync("/v1/spaces/row", "{}")).Require(HttpStatusCode.Created);
        using var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        await socket.ConnectAsync(server.Address.Host, server.Address.Port, Cancelled);
        var requests = new StringBuilder();
        for (var i = 0; i < 20; i++)
        {
            requests.Append("PUT /v1/spaces/row/concepts/c").Append(i).Append(" HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: 2\r\n\r\n{}");
            requests.Append("GET /v1/spaces/row/concepts/c").Append(i).Append("?fields=id HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n");
        }

        await socket.SendAsync(Encoding.ASCII.GetBytes(requests.ToString()), Cancelled);

        var (text, room) = (new StringBuilder(), new byte[64 * 1024]);
        while (!text.ToString().EndsWith("{\"id\":\"c19\"}", StringComparison.Ordinal))
        {
            var received = await socket.ReceiveAsync(room, Cancelled);
            Assert.True(received > 0, "the connection was closed");
            text.Append(Encoding.ASCII.GetString(room, 0, received));
        }

        string[] answers = [.. text.ToString().Split("HTTP/1.1 ").Skip(1)];
        Assert.Equal(40, answers.Length);
        for (var i = 0; i < 20; i++)
        {
            Assert.StartsWith("201", answers[2 * i], StringComparison.Ordinal);
            Assert.EndsWith($"{{\"id\":\"c{i}\"}}", answers[(2 * i) + 1], StringComparison.Ordinal);
        }
    }

    [Theory]
    [InlineData("GET /v1/spaces HTTP/1.0\r\n\r\n")]
    [InlineData("GET /v1/spaces HTTP/1.1\r\nHost:\r\n\r\n")]
    [InlineData("GET /v1/spaces HTTP/1.1\r\nHost: evil.example\r\n\r\n")]
    public async Task Host_WhenItIsNotOurs_IsRefusedBeforeAndAfterOneThatIs(string request)
    {
        await using var server = await TestServer.StartAsync();

        var before = await SendRawAsync(server, request);
        (await server.GetAsync("/v1/spaces")).Require(HttpStatusCode.OK);
        var after = await SendRawAsync(server, request);

        Assert.Contains(" 403 ", before, StringComparison.Ordinal);
        Assert.Contains(" 403 ", after, StringComparison.Ordinal);
    }

    private static async Task<string> SendRawAsync(TestServer server, string request)
    {
        using var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        await socket.ConnectAsync(server.Address.Host, server.Address.Port, Cancelled);
        await socket.SendAsync(Encoding.ASCII.GetBytes(request), Cancelled);
        var room = new byte[4096];
        return Encoding.ASCII.GetString(room, 0, await socket.ReceiveAsync(room, Cancelled));
    }
}
