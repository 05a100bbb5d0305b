using System.Globalization;
using System.Net;
using System.Net.Sockets;

namespace Cairn.Infra.Tests.Cosmos.StandIn;

/// <summary>Serves a stand-in on a loopback port, for clients in several processes.</summary>
internal sealed class StandInServer : IAsyncDisposable
{
    private readonly HttpListener _listener = new();
    private readonly CosmosStandIn _standIn;
    private readonly string _address;
    private readonly Task _loop;

    public StandInServer(CosmosStandIn standIn)
    {
        _standIn = standIn;
        _address = string.Create(CultureInfo.InvariantCulture, $"http://127.0.0.1:{FreePort()}/");
        _listener.Prefixes.Add(_address);
        _listener.Start();
        _loop = RunAsync();
    }

    public string ConnectionString => $"AccountEndpoint={_address};AccountKey={CosmosStandIn.Key}";

    public async ValueTask DisposeAsync()
    {
        _listener.Stop();
        await _loop;
        _listener.Close();
    }

    private static int FreePort()
    {
        using var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        socket.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        return ((IPEndPoint)socket.LocalEndPoint!).Port;
    }

    private async Task RunAsync()
    {
        var open = new List<Task>();
        try
        {
            while (true)
            {
                open.RemoveAll(static request => request.IsCompleted);
                open.Add(AnswerAsync(await _listener.GetContextAsync()));
            }
        }
        catch (Exception stopped) when (stopped is HttpListenerException or ObjectDisposedException or InvalidOperationException && !_listener.IsListening)
        {
            // The last of them: it was stopped between two requests.
            await Task.WhenAll(open);
        }
    }

    private async Task AnswerAsync(HttpListenerContext context)
    {
        try
        {
            using var body = new MemoryStream();
            await context.Request.InputStream.CopyToAsync(body);
            var answer = await _standIn.AnswerAsync(context.Request.HttpMethod, context.Request.Url!.AbsolutePath, name => context.Request.Headers[name], body.ToArray(), _address);
            context.Response.StatusCode = (int)answer.Status;
            context.Response.ContentType = "application/json";
            foreach (var (name, value) in answer.Headers())
            {
                context.Response.AddHeader(name, value);
            }

            if (answer.Body.Length > 0)
            {
                context.Response.ContentLength64 = answer.Body.Length;
                await context.Response.OutputStream.WriteAsync(answer.Body);
            }

            context.Response.Close();
        }
        catch (Exception gone) when (gone is HttpListenerException or IOException or ObjectDisposedException)
        {
            // The client went away.
        }
    }
}
