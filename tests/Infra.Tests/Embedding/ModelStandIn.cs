using System.Text;
using System.Text.Json;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;

namespace Cairn.Infra.Tests.Embedding;

/// <summary>A request as the stand-in saw it.</summary>
internal sealed record SeenRequest(string Path, string? Authorization, string? ApiKey, JsonElement Body)
{
    public string[] Inputs => [.. Body.GetProperty("input").EnumerateArray().Select(static input => input.GetString()!)];
}

/// <summary>A service on a free port of the loopback address that embeds by OpenAI's interface: a text's vector is its length and one. Other answers on demand. Any thread.</summary>
internal sealed class ModelStandIn : IAsyncDisposable
{
    private readonly WebApplication _app;
    private readonly Lock _gate = new();
    private readonly List<SeenRequest> _requests = [];
    private readonly Queue<Func<HttpContext, Task>> _answers = [];

    private ModelStandIn(WebApplication app) => _app = app;

    public Uri Address => new(_app.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.Single());

    /// <summary>Texts that are refused with 400.</summary>
    public HashSet<string> Refused { get; } = [];

    public IReadOnlyList<SeenRequest> Requests
    {
        get
        {
            lock (_gate)
            {
                return [.. _requests];
            }
        }
    }

    public static async Task<ModelStandIn> StartAsync()
    {
        var builder = WebApplication.CreateEmptyBuilder(new());
        builder.WebHost.UseKestrelCore().UseUrls("http://127.0.0.1:0");
        var app = builder.Build();
        var service = new ModelStandIn(app);
        app.Run(service.AnswerAsync);
        await app.StartAsync();
        return service;
    }

    /// <summary>The next request gets this answer.</summary>
    public void AnswerNext(int status, string body = "", string? retryAfter = null, string? location = null) => AnswerNext(async context =>
    {
        context.Response.StatusCode = status;
        context.Response.Headers.RetryAfter = retryAfter;
        context.Response.Headers.Location = location;
        await context.Response.WriteAsync(body);
    });

    public void AnswerNext(Func<HttpContext, Task> answer)
    {
        lock (_gate)
        {
            _answers.Enqueue(answer);
        }
    }

    public ValueTask DisposeAsync() => _app.DisposeAsync();

    private async Task AnswerAsync(HttpContext context)
    {
        using var body = await JsonDocument.ParseAsync(context.Request.Body);
        var request = new SeenRequest(
            context.Request.Path + context.Request.QueryString, context.Request.Headers.Authorization, context.Request.Headers["api-key"], body.RootElement.Clone());
        Func<HttpContext, Task>? answer;
        lock (_gate)
        {
            _requests.Add(request);
            _answers.TryDequeue(out answer);
        }

        if (answer is not null)
        {
            await answer(context);
            return;
        }

        if (request.Inputs.Any(Refused.Contains))
        {
            context.Response.StatusCode = 400;
            await context.Response.WriteAsync("""{"error":{"message":"input is too long\nfor this model"}}""");
            return;
        }

        var items = request.Inputs.Select(static (text, index) => $$"""{"object":"embedding","index":{{index}},"embedding":[{{Encoding.UTF8.GetByteCount(text)}},1]}""").Reverse();
        await context.Response.WriteAsync($$$"""{"object":"list","data":[{{{string.Join(',', items)}}}],"usage":{"total_tokens":1}}""");
    }
}
