using System.Globalization;
using System.Text.Json;
using Azure;
using Azure.Identity;
using Cairn.Primitives;

namespace Cairn.Infra.Table;

/// <summary>What the table service answers when it refuses, and what the pipeline throws when nothing answers.</summary>
internal static class TableFailure
{
    /// <summary>Failures of the way there; everything else is a bug, or the caller's cancellation, and passes.</summary>
    public static bool IsOfTheWay(Exception failure, CancellationToken cancellationToken) => failure switch
    {
        OperationCanceledException => !cancellationToken.IsCancellationRequested, // a timeout of the pipeline
        AggregateException several => several.InnerExceptions.All(each => IsOfTheWay(each, cancellationToken)), // its retries
        _ => failure is RequestFailedException or AuthenticationFailedException or IOException,
    };

    public static CairnException OfTheWay(Exception failure, Uri service)
    {
        var last = failure is AggregateException several ? several.InnerExceptions[^1] : failure;
        var reason = last is AuthenticationFailedException ? $"this process has no identity that the account knows ({last.Message})" : last.Message;
        return Unavailable($"the table service {service} does not answer: {reason}", failure);
    }

    /// <summary>An answer that nobody expects.</summary>
    public static CairnException OfAnswer(Response answer, Uri service)
    {
        var message = $"the table service {service} answered {answer.Status} {CodeOf(answer)}".TrimEnd();
        return answer.Status switch
        {
            401 or 403 => Unavailable($"no access: {message}; give this process's identity the role Storage Table Data Contributor"),
            429 => new(ErrorKind.Throttled, message) { RetryAfter = RetryAfter(answer) },
            503 => new(ErrorKind.Throttled, message) { Problem = "unavailable", RetryAfter = RetryAfter(answer) },
            408 or >= 500 => Unavailable(message),
            _ => new(ErrorKind.Internal, message),
        };
    }

    /// <summary>The service's word for what is wrong; empty if it has none.</summary>
    public static string CodeOf(Response answer)
    {
        try
        {
            using var body = JsonDocument.Parse(answer.Content.ToMemory());
            return body.RootElement.TryGetProperty("odata.error", out var error) && error.TryGetProperty("code", out var code) ? code.ToString() : "";
        }
        catch (Exception failure) when (failure is JsonException or InvalidOperationException)
        {
            return answer.Headers.TryGetValue("x-ms-error-code", out var code) ? code : "";
        }
    }

    private static CairnException Unavailable(string message, Exception? inner = null) => new(ErrorKind.Unavailable, message, inner) { Problem = "unavailable" };

    private static TimeSpan? RetryAfter(Response answer) =>
        answer.Headers.TryGetValue("Retry-After", out var text) && int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var seconds)
            ? TimeSpan.FromSeconds(seconds)
            : null;
}
