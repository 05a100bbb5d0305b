using Microsoft.Extensions.ObjectPool;

namespace Cairn.Functions.Answers;

/// <summary>
/// A JSON answer on its way: written into a buffer of ours first, so that a failure halfway can still become a problem; a long one goes out in pieces,
/// each as soon as the client takes it. Reused from answer to answer; one thread.
/// </summary>
internal sealed class JsonAnswer : IDisposable
{
    private const int InitialBytes = 4096;
    private const int FlushBytes = 64 * 1024;
    private const int MaxKeptBytes = 256 * 1024;
    private const int MaxIdle = 64;

    private static readonly DefaultObjectPool<JsonAnswer> Idle = new(new Policy(), MaxIdle);

    private JsonAnswer()
    {
    }

    public JsonWriter Json { get; } = new(InitialBytes);

    public static JsonAnswer Rent() => Idle.Get();

    /// <summary>Sends what has gathered if it is much. Waits for the client.</summary>
    public ValueTask FlushIfLargeAsync(HttpResponse response, CancellationToken cancellationToken) =>
        Json.LengthBytes < FlushBytes ? default : FlushAsync(response, cancellationToken);

    /// <summary>Sends what has gathered.</summary>
    public async ValueTask FlushAsync(HttpResponse response, CancellationToken cancellationToken)
    {
        response.ContentType ??= MediaTypes.Json;
        await response.BodyWriter.WriteAsync(Json.Written, cancellationToken);
        Json.Clear();
    }

    /// <summary>Sends the whole, or the rest.</summary>
    public async Task SendAsync(HttpResponse response, int status, CancellationToken cancellationToken, string contentType = MediaTypes.Json)
    {
        if (!response.HasStarted)
        {
            (response.StatusCode, response.ContentType) = (status, contentType);
            response.ContentLength = Json.LengthBytes;
        }

        await FlushAsync(response, cancellationToken);
    }

    public void Dispose() => Idle.Return(this);

    private sealed class Policy : PooledObjectPolicy<JsonAnswer>
    {
        public override JsonAnswer Create() => new();

        public override bool Return(JsonAnswer answer)
        {
            answer.Json.Reset();
            return answer.Json.CapacityBytes <= MaxKeptBytes;
        }
    }
}
