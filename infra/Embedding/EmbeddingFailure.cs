using System.Net;
using Cairn.Primitives;

namespace Cairn.Infra.Embedding;

/// <summary>What became of one try.</summary>
/// <param name="Body">The answer with the vectors; null: there is none.</param>
/// <param name="Refusal">Why the service refuses what is asked, and would again; null: it does not.</param>
/// <param name="Failure">Why there is no answer; null: there is one.</param>
/// <param name="MayPass">A further try may do better.</param>
internal readonly record struct EmbeddingAttempt(byte[]? Body, string? Refusal, CairnException? Failure, bool MayPass);

/// <summary>Why there is no answer, in the terms of the port.</summary>
internal static class EmbeddingFailure
{
    public static EmbeddingAttempt OfTheWay(string message, Exception? inner, bool mayPass) => new(null, null, Unavailable(message, inner), mayPass);

    public static EmbeddingAttempt OfAnswer(HttpResponseMessage response, string said, Uri address, TimeProvider time)
    {
        var status = response.StatusCode;
        var message = $"{address} answered {(int)status}{(said.Length > 0 ? $" ({said})" : "")}";
        return status switch
        {
            HttpStatusCode.BadRequest or HttpStatusCode.RequestEntityTooLarge or HttpStatusCode.UnprocessableEntity => new(null, message, null, false),
            HttpStatusCode.TooManyRequests => new(null, null, new(ErrorKind.Throttled, message) { RetryAfter = RetryAfter(response, time) }, true),
            HttpStatusCode.Unauthorized or HttpStatusCode.Forbidden => OfTheWay(
                $"{message}: it takes another key, or this process's identity needs the role Cognitive Services OpenAI User", null, mayPass: false),
            HttpStatusCode.NotFound => OfTheWay($"{message}: there is no such model or deployment, or embeddings have another address", null, mayPass: false),
            >= HttpStatusCode.Moved and < HttpStatusCode.BadRequest => OfTheWay($"{message}, and points elsewhere: name the last address", null, mayPass: false),
            HttpStatusCode.RequestTimeout or >= HttpStatusCode.InternalServerError => new(
                null, null, new(ErrorKind.Unavailable, message) { Problem = "unavailable", RetryAfter = RetryAfter(response, time) }, true),
            _ => OfTheWay(message, null, mayPass: false),
        };
    }

    private static CairnException Unavailable(string message, Exception? inner) => new(ErrorKind.Unavailable, message, inner) { Problem = "unavailable" };

    // Seconds, or a date.
    private static TimeSpan? RetryAfter(HttpResponseMessage response, TimeProvider time)
    {
        var pause = response.Headers.RetryAfter is not { } header ? null : header.Delta ?? header.Date - (response.Headers.Date ?? time.GetUtcNow());
        return pause >= TimeSpan.Zero ? pause : null;
    }
}
