using System.Globalization;
using System.Net;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using System.Text.RegularExpressions;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;

namespace Cairn.Infra.Tests.EventHubs;

/// <summary>An event as a hub keeps it.</summary>
internal sealed record StoredEvent(long SequenceNumber, string Text, DateTimeOffset EnqueuedAt);

/// <summary>
/// A hub on a free port of the loopback address that speaks the HTTPS interface of Event Hubs, by HTTP: checks signature, content type, path and size as it does,
/// and keeps events by partition, in memory. Faults on demand. Any thread, any number of processes.
/// </summary>
internal sealed partial class HubStandIn : IAsyncDisposable
{
    public const string Rule = "sender", Key = "a key of a rule=", Hub = "cairn-ingest";

    private readonly WebApplication _app;
    private readonly Lock _gate = new();
    private readonly List<StoredEvent>[] _partitions;
    private readonly Queue<Fault> _faults = [];
    private readonly List<(int Partition, int Events, int Bytes)> _requests = [];

    private HubStandIn(WebApplication app, int partitions)
    {
        _app = app;
        _partitions = [.. Enumerable.Range(0, partitions).Select(_ => new List<StoredEvent>())];
    }

    /// <summary>With a slash at the end.</summary>
    public string Address => _app.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.Single() + "/";

    public string ConnectionString => $"Endpoint={Address};SharedAccessKeyName={Rule};SharedAccessKey={Key};EntityPath={Hub}";

    public int PartitionCount => _partitions.Length;

    /// <summary>A larger request is answered 413.</summary>
    public int MaxBytes { get; set; } = 1024 * 1024;

    /// <summary>Its clock, which signatures are checked by.</summary>
    public TimeProvider Time { get; init; } = TimeProvider.System;

    /// <summary>Requests that were taken: to which partition, with how many events and bytes.</summary>
    public IReadOnlyList<(int Partition, int Events, int Bytes)> Requests => Locked<(int, int, int)[]>(() => [.. _requests]);

    public static async Task<HubStandIn> StartAsync(int partitions = 4, TimeProvider? time = null)
    {
        var builder = WebApplication.CreateEmptyBuilder(new());
        builder.WebHost.UseKestrelCore().UseUrls("http://127.0.0.1:0");
        var app = builder.Build();
        var hub = new HubStandIn(app, partitions) { Time = time ?? TimeProvider.System };
        app.Run(hub.AnswerAsync);
        await app.StartAsync();
        return hub;
    }

    /// <summary>What a partition holds from a number on.</summary>
    public IReadOnlyList<StoredEvent> Read(int partition, long from = 0, int max = int.MaxValue) =>
        Locked<StoredEvent[]>(() => [.. _partitions[partition].Skip((int)from).Take(max)]);

    /// <summary>Texts of all partitions.</summary>
    public IReadOnlyList<string> Texts => [.. Enumerable.Range(0, PartitionCount).SelectMany(each => Read(each)).Select(each => each.Text)];

    /// <summary>The next requests are answered with a status, and nothing is kept.</summary>
    public void Refuse(HttpStatusCode status, int times = 1, string? retryAfter = null) => Add(new(status, retryAfter, Keeps: false), times);

    /// <summary>The next requests are kept, and their answers lost.</summary>
    public void LoseAnswer(int times = 1) => Add(new(null, null, Keeps: true), times);

    /// <summary>The next requests are kept, and answered as if they were not.</summary>
    public void KeepButAnswer(HttpStatusCode status, int times = 1) => Add(new(status, null, Keeps: true), times);

    /// <summary>As one hands a batch in that came another way: a producer of its own.</summary>
    public void Publish(int partition, params string[] texts) => Keep(partition, texts);

    public ValueTask DisposeAsync() => _app.DisposeAsync();

    private void Add(Fault fault, int times) => Locked(() =>
    {
        for (var i = 0; i < times; i++)
        {
            _faults.Enqueue(fault);
        }

        return 0;
    });

    private T Locked<T>(Func<T> work)
    {
        lock (_gate)
        {
            return work();
        }
    }

    private async Task AnswerAsync(HttpContext context)
    {
        using var body = new MemoryStream();
        await context.Request.Body.CopyToAsync(body);
        if (Take(context.Request, body.ToArray(), out var fault) is not { } status)
        {
            context.Abort();
            return;
        }

        context.Response.StatusCode = (int)status;
        if (fault?.RetryAfter is { } retryAfter)
        {
            context.Response.Headers.RetryAfter = retryAfter;
        }
    }

    // Null: the answer is lost.
    private HttpStatusCode? Take(HttpRequest request, byte[] body, out Fault? fault)
    {
        fault = null;
        if (MessagesPath().Match(request.Path.Value!) is not { Success: true } path || path.Groups[1].Value != Hub || request.Method != "POST")
        {
            return HttpStatusCode.NotFound;
        }

        if (!IsSigned(request.Headers.Authorization))
        {
            return HttpStatusCode.Unauthorized;
        }

        if (!int.TryParse(path.Groups[2].Value, out var partition) || partition >= PartitionCount)
        {
            return HttpStatusCode.NotFound;
        }

        if (request.Query["api-version"] != "2014-01" || request.ContentType != "application/vnd.microsoft.servicebus.json" || ReadTexts(body) is not { } texts)
        {
            return HttpStatusCode.BadRequest;
        }

        if (body.Length > MaxBytes)
        {
            return HttpStatusCode.RequestEntityTooLarge;
        }

        fault = Locked(() => _faults.TryDequeue(out var next) ? next : null);
        if (fault is not { Keeps: false })
        {
            Keep(partition, texts);
            Locked(() =>
            {
                _requests.Add((partition, texts.Length, body.Length));
                return 0;
            });
        }

        return fault is null ? HttpStatusCode.Created : fault.Status;
    }

    private void Keep(int partition, string[] texts) => Locked(() =>
    {
        var events = _partitions[partition];
        foreach (var text in texts)
        {
            events.Add(new(events.Count, text, Time.GetUtcNow()));
        }

        return 0;
    });

    private static string[]? ReadTexts(byte[] body)
    {
        try
        {
            using var document = JsonDocument.Parse(body);
            return [.. document.RootElement.EnumerateArray().Select(each => each.EnumerateObject().Single(member => member.Name == "Body").Value.GetString()!)];
        }
        catch (Exception malformed) when (malformed is JsonException or InvalidOperationException)
        {
            return null;
        }
    }

    private bool IsSigned(string? authorization)
    {
        if (authorization?.Split(' ', 2) is not ["SharedAccessSignature", var text])
        {
            return false;
        }

        var parts = text.Split('&').Select(part => part.Split('=', 2)).ToDictionary(part => part[0], part => part[1]);
        var resource = WebUtility.UrlDecode(parts["sr"]);
        var signature = HMACSHA256.HashData(Encoding.UTF8.GetBytes(Key), Encoding.UTF8.GetBytes($"{parts["sr"]}\n{parts["se"]}"));
        return parts["skn"] == Rule && WebUtility.UrlDecode(parts["sig"]) == Convert.ToBase64String(signature)
            && $"{Address}{Hub}".StartsWith(resource, StringComparison.Ordinal)
            && DateTimeOffset.FromUnixTimeSeconds(long.Parse(parts["se"], CultureInfo.InvariantCulture)) > Time.GetUtcNow();
    }

    [GeneratedRegex(@"^/([^/]+)/partitions/(\d+)/messages$")]
    private static partial Regex MessagesPath();

    private sealed record Fault(HttpStatusCode? Status, string? RetryAfter, bool Keeps);
}
