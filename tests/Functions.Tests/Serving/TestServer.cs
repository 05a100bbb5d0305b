using System.Net.Http.Headers;
using System.Text;
using Cairn.Functions.Hosting;

namespace Cairn.Functions.Tests.Serving;

/// <summary>The real server on a free port, over a folder of its own that goes away with it.</summary>
public sealed class TestServer : IAsyncDisposable
{
    private readonly CairnServer _server;
    private readonly string _folder;

    private TestServer(CairnServer server, string folder)
    {
        (_server, _folder) = (server, folder);
        Address = new(server.Addresses[0]);
        Client = new(new SocketsHttpHandler { AllowAutoRedirect = false, PooledConnectionLifetime = TimeSpan.FromMinutes(1) }) { BaseAddress = Address };
    }

    public Uri Address { get; }

    public HttpClient Client { get; }

    internal Service Service => _server.Service;

    internal static async Task<TestServer> StartAsync(Func<ServerOptions, ServerOptions>? change = null)
    {
        var folder = Directory.CreateTempSubdirectory("cairn-test-").FullName;
        var options = new ServerOptions { Urls = ["http://127.0.0.1:0"], DataFolder = folder, IsQuiet = true };
        try
        {
            return new(await CairnServer.StartAsync(change?.Invoke(options) ?? options, TestContext.Current.CancellationToken), folder);
        }
        catch
        {
            Directory.Delete(folder, recursive: true);
            throw;
        }
    }

    /// <summary>A request with a JSON body, or another type's.</summary>
    public async Task<Reply> SendAsync(
        string method, string path, string? body = null, string contentType = "application/json", params (string Name, string Value)[] headers)
    {
        using var request = new HttpRequestMessage(new(method), path);
        if (body is not null)
        {
            request.Content = new ByteArrayContent(Encoding.UTF8.GetBytes(body));
            request.Content.Headers.ContentType = contentType.Length == 0 ? null : MediaTypeHeaderValue.Parse(contentType);
        }

        foreach (var (name, value) in headers)
        {
            if (!request.Headers.TryAddWithoutValidation(name, value))
            {
                request.Content!.Headers.TryAddWithoutValidation(name, value);
            }
        }

        using var response = await Client.SendAsync(request, TestContext.Current.CancellationToken);
        return await Reply.ReadAsync(response);
    }

    public Task<Reply> GetAsync(string path, params (string Name, string Value)[] headers) => SendAsync("GET", path, headers: headers);

    public Task<Reply> PutAsync(string path, string body, params (string Name, string Value)[] headers) => SendAsync("PUT", path, body, headers: headers);

    public Task<Reply> PostAsync(string path, string body, params (string Name, string Value)[] headers) => SendAsync("POST", path, body, headers: headers);

    public Task<Reply> DeleteAsync(string path, params (string Name, string Value)[] headers) => SendAsync("DELETE", path, headers: headers);

    /// <summary>Ends the server as the process would; the client stays.</summary>
    public Task StopAsync() => _server.StopAsync();

    public async ValueTask DisposeAsync()
    {
        Client.Dispose();
        await _server.DisposeAsync();
        Directory.Delete(_folder, recursive: true);
    }
}
