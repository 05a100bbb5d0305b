using System.Buffers;
using System.IO.Compression;
using Cairn.Functions.Answers;
using Cairn.Functions.Problems;
using Cairn.Functions.Routing;

namespace Cairn.Functions.Requests;

/// <summary>A whole body in a pooled buffer; gzip and br are undone on the way.</summary>
internal sealed class RequestBody : IDisposable
{
    /// <summary>Bytes of a body that is held whole, after decompression.</summary>
    public const int LimitBytes = 8 * 1024 * 1024;

    private byte[] _bytes;
    private int _length;

    private RequestBody(int expected) => _bytes = ArrayPool<byte>.Shared.Rent(expected);

    public ReadOnlyMemory<byte> Text => _bytes.AsMemory(0, _length);

    /// <summary>Reads a JSON body to its end.</summary>
    /// <exception cref="ProblemException">unsupported-media-type; too-large.</exception>
    public static async ValueTask<RequestBody> ReadJsonAsync(Call call)
    {
        RequireType(call.Request, [MediaTypes.Json]);
        var declared = call.Request.ContentLength ?? 4096;
        if (declared > LimitBytes)
        {
            throw TooLarge(declared);
        }

        var body = new RequestBody((int)declared + 1);
        try
        {
            await body.FillAsync(Open(call.Request), call.Aborted);
            return body;
        }
        catch
        {
            body.Dispose();
            throw;
        }
    }

    /// <summary>The body as a stream, decompressed.</summary>
    public static Stream Open(HttpRequest request) => request.Headers.ContentEncoding.ToString().ToUpperInvariant() switch
    {
        "" or "IDENTITY" => request.Body,
        "GZIP" or "X-GZIP" => new GZipStream(request.Body, CompressionMode.Decompress),
        "BR" => new BrotliStream(request.Body, CompressionMode.Decompress),
        var other => throw ProblemException.Of(ProblemKinds.UnsupportedMediaType, $"Content-Encoding '{other}': gzip and br are read here"),
    };

    /// <summary>Refuses a declared type that is none of these; a body without a type is taken for what the route reads.</summary>
    public static void RequireType(HttpRequest request, params ReadOnlySpan<string> types)
    {
        if (request.ContentType is not { Length: > 0 } declared)
        {
            return;
        }

        var name = declared.AsSpan();
        name = (name.IndexOf(';') is >= 0 and var end ? name[..end] : name).Trim();
        foreach (var type in types)
        {
            if (name.Equals(type, StringComparison.OrdinalIgnoreCase))
            {
                return;
            }
        }

        throw ProblemException.Of(ProblemKinds.UnsupportedMediaType, $"Content-Type '{declared}': this route reads {string.Join(", ", types.ToArray())}");
    }

    private async ValueTask FillAsync(Stream stream, CancellationToken cancellationToken)
    {
        while (true)
        {
            if (_length == _bytes.Length)
            {
                Grow();
            }

            var read = await ReadAsync(stream, _bytes.AsMemory(_length), cancellationToken);
            if (read == 0)
            {
                return;
            }

            _length += read;
            if (_length > LimitBytes)
            {
                throw TooLarge(_length);
            }
        }
    }

    /// <summary>Reads some; damaged compression is the caller's fault, not ours.</summary>
    public static async ValueTask<int> ReadAsync(Stream stream, Memory<byte> buffer, CancellationToken cancellationToken)
    {
        try
        {
            return await stream.ReadAsync(buffer, cancellationToken);
        }
        catch (Exception e) when (e is InvalidDataException or InvalidOperationException && stream is GZipStream or BrotliStream)
        {
            throw ProblemException.Of(ProblemKinds.Invalid, "the body is not what its Content-Encoding says");
        }
    }

    private void Grow()
    {
        var larger = ArrayPool<byte>.Shared.Rent(_bytes.Length * 2);
        _bytes.AsSpan(0, _length).CopyTo(larger);
        ArrayPool<byte>.Shared.Return(_bytes);
        _bytes = larger;
    }

    private static ProblemException TooLarge(long actual) =>
        new(new Problem(ProblemKinds.TooLarge, $"a body has at most {LimitBytes} bytes; ingest and import take any length") { Limit = LimitBytes, Actual = actual });

    public void Dispose()
    {
        ArrayPool<byte>.Shared.Return(_bytes);
        _bytes = [];
    }
}
