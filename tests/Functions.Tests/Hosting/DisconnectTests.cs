using Cairn.Functions.Hosting;
using Cairn.Functions.Tests.Serving;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.Extensions.Logging;

namespace Cairn.Functions.Tests.Hosting;

/// <summary>A client that goes away in the middle of its request is nobody's failure.</summary>
public sealed class DisconnectTests
{
    [Theory]
    [InlineData("/v1/spaces/demo/ingest")]
    [InlineData("/v1/spaces/demo/import")]
    [InlineData("/v1/spaces/demo/commits")]
    public async Task Body_WhenItsConnectionIsReset_IsNoFailureOfOurs(string path)
    {
        await using var server = await TestServer.StartAsync();
        await server.PutAsync("/v1/spaces/demo", "{}");
        var log = new CountingLogger();
        using var service = new Service(new() { Urls = [], DataFolder = "" }, server.Service.Catalog, server.Service.Hosts, server.Service.Gate, server.Service.Routes, log)
        {
            Quotas = server.Service.Quotas,
        };
        var http = new DefaultHttpContext();
        (http.Request.Method, http.Request.Host, http.Request.Body) = ("POST", new("localhost"), new ResetStream());
        http.Features.Get<IHttpRequestFeature>()!.RawTarget = path;

        await new Dispatcher(service).InvokeAsync(http);

        Assert.Equal(0, log.Count);
    }

    private sealed class CountingLogger : ILogger
    {
        public int Count { get; private set; }

        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => true;

        public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter) => Count++;
    }

    private sealed class ResetStream : MemoryStream
    {
        public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default) => throw new ConnectionResetException("gone");
    }
}
