using System.Globalization;
using System.Net;
using Azure.Identity;
using Cairn.Primitives;
using Microsoft.Azure.Cosmos;

namespace Cairn.Infra.Cosmos;

/// <summary>What the service answers when it refuses, and what the client throws when nothing answers.</summary>
internal static class CosmosFailure
{
    /// <summary>Runs requests; their failures become ours, cancellation passes.</summary>
    public static async ValueTask<T> GuardAsync<T>(Func<Task<T>> run, CancellationToken cancellationToken)
    {
        try
        {
            return await run().ConfigureAwait(false);
        }
        catch (CosmosException failure)
        {
            throw Of(failure.StatusCode, failure.Message, failure.RetryAfter, failure);
        }
        catch (OperationCanceledException failure) when (!cancellationToken.IsCancellationRequested)
        {
            throw Unavailable("Cosmos DB does not answer in time", failure);
        }
        catch (Exception failure) when (failure is HttpRequestException or AuthenticationFailedException or IOException)
        {
            throw Unavailable(failure is AuthenticationFailedException ? $"this process has no identity that Cosmos DB knows ({failure.Message})" : $"Cosmos DB does not answer: {failure.Message}", failure);
        }
    }

    /// <summary>An answer that is no success, and none that is expected.</summary>
    public static CairnException Of(ResponseMessage answer) => Of(answer.StatusCode, answer.ErrorMessage, RetryAfter(answer), null);

    private static CairnException Of(HttpStatusCode status, string message, TimeSpan? retryAfter, Exception? inner) => status switch
    {
        HttpStatusCode.TooManyRequests => new(ErrorKind.Throttled, "Cosmos DB takes no more requests right now", inner) { RetryAfter = retryAfter },
        HttpStatusCode.Unauthorized or HttpStatusCode.Forbidden =>
            Unavailable($"Cosmos DB gives no access; give this process's identity the role Cosmos DB Built-in Data Contributor: {First(message)}", inner),
        HttpStatusCode.NotFound => Unavailable("the container of the lookups index is not there", inner),
        HttpStatusCode.BadRequest or HttpStatusCode.RequestEntityTooLarge => new(ErrorKind.Internal, $"Cosmos DB answered {(int)status}: {First(message)}", inner),
        _ => Unavailable($"Cosmos DB answered {(int)status}: {First(message)}", inner),
    };

    /// <summary>Nobody answers, or not as needed.</summary>
    public static CairnException Unavailable(string message, Exception? inner = null) => new(ErrorKind.Unavailable, message, inner) { Problem = "unavailable" };

    private static TimeSpan? RetryAfter(ResponseMessage answer) =>
        long.TryParse(answer.Headers["x-ms-retry-after-ms"], NumberStyles.None, CultureInfo.InvariantCulture, out var milliseconds) ? TimeSpan.FromMilliseconds(milliseconds) : null;

    // What follows is the client's account of all its tries.
    private static string First(string? message) => message?.Split('\n', 2)[0].TrimEnd() ?? "";
}
