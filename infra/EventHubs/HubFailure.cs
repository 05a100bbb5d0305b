using System.Globalization;
using Azure;
using Azure.Identity;
using Cairn.Primitives;

namespace Cairn.Infra.EventHubs;

/// <summary>What the hub answers when it refuses, and what the pipeline throws when nothing answers, in the terms of the port.</summary>
internal static class HubFailure
{
    /// <summary>Failures of the way there; everything else is a bug, or the caller's cancellation, and passes.</summary>
    public static bool IsOfTheWay(Exception failure, CancellationToken cancellationToken) => failure switch
    {
        OperationCanceledException => !cancellationToken.IsCancellationRequested, // a timeout of the pipeline
        _ => failure is RequestFailedException or AuthenticationFailedException or IOException,
    };

    /// <summary>The request never left: there was no connection, or no token for it.</summary>
    public static bool NeverSent(Exception failure) => failure is AuthenticationFailedException || failure.InnerException is HttpRequestException
    {
        HttpRequestError: HttpRequestError.NameResolutionError or HttpRequestError.ConnectionError
            or HttpRequestError.SecureConnectionError or HttpRequestError.ProxyTunnelError,
    };

    public static CairnException OfTheWay(Exception failure, Uri hub) => failure is AuthenticationFailedException
        ? Unavailable($"{hub}: this process has no identity that the namespace knows ({failure.Message})", failure)
        : Unavailable($"{hub} does not answer: {failure.Message}", failure);

    /// <summary>The answer says nothing of whether it was published.</summary>
    public static bool IsOpen(int status) => status is 408 or 500 or 502 or 504;

    /// <summary>A further try may do better.</summary>
    public static bool Passes(int status) => IsOpen(status) || status is 429 or 503;

    public static CairnException OfAnswer(Response answer, Uri hub, int partition)
    {
        var message = $"{hub} answered {answer.Status}";
        return answer.Status switch
        {
            401 or 403 => Unavailable($"{message}: give this process's identity the role Azure Event Hubs Data Sender, or its connection string a rule that may send"),
            404 or 410 => Unavailable($"{message}: there is no such hub, or it has no partition {partition}"),
            429 => new(ErrorKind.Throttled, $"{message}: it is busy") { RetryAfter = RetryAfter(answer) },
            503 => new(ErrorKind.Throttled, $"{message}: it is busy") { Problem = "unavailable", RetryAfter = RetryAfter(answer) },
            >= 500 or 408 => Unavailable(message),
            _ => new(ErrorKind.Internal, message),
        };
    }

    /// <summary>Nobody can tell whether it was published.</summary>
    public static CairnException Unknown(string message, Exception? inner) => new(ErrorKind.Unknown, message, inner);

    // Seconds, or a date.
    public static TimeSpan? RetryAfter(Response answer)
    {
        if (!answer.Headers.TryGetValue("Retry-After", out var text))
        {
            return null;
        }

        return int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var seconds) ? TimeSpan.FromSeconds(seconds)
            : DateTimeOffset.TryParseExact(text, "R", CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out var at) && answer.Headers.Date is { } now && at > now
                ? at - now
                : null;
    }

    private static CairnException Unavailable(string message, Exception? inner = null) => new(ErrorKind.Unavailable, message, inner) { Problem = "unavailable" };
}
