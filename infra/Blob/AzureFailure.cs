using System.Globalization;
using Azure;
using Azure.Identity;
using Cairn.Primitives;

namespace Cairn.Infra.Blob;

/// <summary>What the storage SDK throws: whether it may have been done all the same, and what to call it.</summary>
internal static class AzureFailure
{
    /// <summary>The failures that this adapter translates; everything else is a bug, or the caller's cancellation, and passes.</summary>
    public static bool Is(Exception failure, CancellationToken cancellationToken) => failure switch
    {
        OperationCanceledException => !cancellationToken.IsCancellationRequested, // a timeout of the SDK
        AggregateException several => several.InnerExceptions.All(each => Is(each, cancellationToken)), // its retries
        RequestFailedException or AuthenticationFailedException or IOException => true,
        _ => false,
    };

    public static bool IsAbsent(RequestFailedException failure) => failure.Status == 404 && failure.ErrorCode != "ContainerNotFound";

    /// <summary>A condition of the request did not hold: it was taken already, or changed meanwhile.</summary>
    public static bool IsCondition(RequestFailedException failure) => failure.Status is 409 or 412;

    /// <summary>The offset of a read lies at or past the end.</summary>
    public static bool IsPastEnd(RequestFailedException failure) => failure.Status == 416;

    /// <summary>No answer, or one that does not tell: the service may have done what was asked, or may yet do it.</summary>
    public static bool MayHaveHappened(Exception failure) => failure switch
    {
        RequestFailedException { Status: 0 } lost => !NeverSent(lost.InnerException),
        RequestFailedException { Status: 408 or 500 or 502 or 504 } => true,
        RequestFailedException { Status: 503, ErrorCode: null } => true, // somebody on the way said this, not the service
        RequestFailedException or AuthenticationFailedException => false,
        AggregateException several => several.InnerExceptions.Any(MayHaveHappened),
        _ => true,
    };

    public static CairnException Translate(Exception failure, string what) => failure switch
    {
        AggregateException several => Translate(several.InnerExceptions[^1], what),
        RequestFailedException answer => Translate(answer, what),
        AuthenticationFailedException => Unavailable($"{what}: this process has no identity that the storage account knows ({failure.Message})", failure),
        OperationCanceledException => Unavailable($"{what}: the storage service did not answer in time", failure),
        _ => Unavailable($"{what}: {failure.Message}", failure),
    };

    /// <summary>Nobody can tell whether it happened.</summary>
    public static CairnException Unknown(Exception failure, string what) =>
        new(ErrorKind.Unknown, $"{what}: the answer was lost ({FirstLine(failure.Message)})", failure);

    public static CairnException Unavailable(string message, Exception? inner = null, TimeSpan? retryAfter = null) =>
        new(ErrorKind.Unavailable, message, inner) { Problem = "unavailable", RetryAfter = retryAfter };

    /// <summary>Runs requests and translates what they throw.</summary>
    public static async ValueTask<T> GuardAsync<T>(string what, Func<Task<T>> call, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        try
        {
            return await call().ConfigureAwait(false);
        }
        catch (Exception failure) when (Is(failure, cancellationToken))
        {
            throw Translate(failure, what);
        }
    }

    private static CairnException Translate(RequestFailedException failure, string what)
    {
        var message = $"{what}: {FirstLine(failure.Message)}";
        return failure.Status switch
        {
            401 or 403 => NoAccess(what, failure),
            404 when IsAbsent(failure) => new(ErrorKind.NotFound, $"{what} does not exist", failure),
            409 or 412 => new(ErrorKind.Conflict, message, failure),
            429 => Throttled(message, failure),
            503 when failure.ErrorCode == "ServerBusy" => Throttled(message, failure),
            404 => Unavailable(message, failure), // the whole container is gone
            0 or 408 or >= 500 => Unavailable(message, failure, RetryAfter(failure)),
            _ => new(ErrorKind.Internal, message, failure),
        };
    }

    private static CairnException NoAccess(string what, RequestFailedException failure) => Unavailable(
        $"no access to {what}: give this process's identity the role Storage Blob Data Contributor ({FirstLine(failure.Message)})", failure);

    private static CairnException Throttled(string message, RequestFailedException failure) =>
        new(ErrorKind.Throttled, message, failure) { RetryAfter = RetryAfter(failure) };

    // The service says seconds here, and nothing else.
    private static TimeSpan? RetryAfter(RequestFailedException failure) =>
        failure.GetRawResponse()?.Headers.TryGetValue("Retry-After", out var text) == true
        && int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var seconds)
            ? TimeSpan.FromSeconds(seconds)
            : null;

    private static bool NeverSent(Exception? cause) => cause is HttpRequestException
    {
        HttpRequestError: HttpRequestError.NameResolutionError or HttpRequestError.ConnectionError
            or HttpRequestError.SecureConnectionError or HttpRequestError.ProxyTunnelError,
    };

    // The SDK's messages go on with all headers.
    private static string FirstLine(string message)
    {
        var text = message.AsSpan().Trim();
        var end = text.IndexOf('\n');
        return (end < 0 ? text : text[..end].TrimEnd()).ToString();
    }
}
