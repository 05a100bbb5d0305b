using System.Buffers;
using System.Text.Encodings.Web;
using System.Text.Json;
using Microsoft.Extensions.ObjectPool;

namespace Cairn.Functions.Answers;

/// <summary>
/// A JSON answer on its way: written into a buffer of ours first, so that a failure halfway can still become a problem; a long one goes out in pieces,
/// each as soon as the client takes it. Reused from answer to answer; one thread.
/// </summary>
internal sealed class JsonAnswer : IDisposable
{
    private const int FlushBytes = 64 * 1024;
    private const int MaxKeptBytes = 256 * 1024;
    private const int MaxIdle = 64;

    private static readonly DefaultObjectPool<JsonAnswer> Idle = new(new Policy(), MaxIdle);

    // Text goes out as UTF-8; it is never put into HTML here.
    private static readonly JsonWriterOptions Options = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping, SkipValidation = true };

    private readonly ArrayBufferWriter<byte> _buffer = new(4096);

    private JsonAnswer() => Json = new(_buffer, Options);

    public Utf8JsonWriter Json { get; }

    public static JsonAnswer Rent() => Idle.Get();

    /// <summary>What is written and not yet sent.</summary>
    public ReadOnlyMemory<byte> Pending
    {
        get
        {
            Json.Flush();
            return _buffer.WrittenMemory;
        }
    }

    /// <summary>Ends a line of NDJSON and begins the next text.</summary>
    public void EndLine()
    {
        Json.Flush();
        _buffer.Write("\n"u8);
        Json.Reset();
    }

    /// <summary>Sends what has gathered if it is much. Waits for the client.</summary>
    public ValueTask FlushIfLargeAsync(HttpResponse response, CancellationToken cancellationToken) =>
        _buffer.WrittenCount + Json.BytesPending < FlushBytes ? default : FlushAsync(response, cancellationToken);

    /// <summary>Sends what has gathered.</summary>
    public async ValueTask FlushAsync(HttpResponse response, CancellationToken cancellationToken)
    {
        response.ContentType ??= MediaTypes.Json;
        await response.BodyWriter.WriteAsync(Pending, cancellationToken);
        _buffer.ResetWrittenCount();
    }

    /// <summary>Sends the whole, or the rest.</summary>
    public async Task SendAsync(HttpResponse response, int status, CancellationToken cancellationToken, string contentType = MediaTypes.Json)
    {
        if (!response.HasStarted)
        {
            (response.StatusCode, response.ContentType) = (status, contentType);
            response.ContentLength = Pending.Length;
        }

        await FlushAsync(response, cancellationToken);
    }

    public void Dispose() => Idle.Return(this);

    private sealed class Policy : PooledObjectPolicy<JsonAnswer>
    {
        public override JsonAnswer Create() => new();

        public override bool Return(JsonAnswer answer)
        {
            answer._buffer.ResetWrittenCount();
            answer.Json.Reset();
            return answer._buffer.Capacity <= MaxKeptBytes;
        }
    }
}
