using Azure;
using Azure.Identity;
using Cairn.Primitives;

namespace Cairn.Infra.Queue;

/// <summary>What the queue SDK throws, in the terms of the port. Nothing is unknown here: a message may come twice, and who takes it knows its id.</summary>
internal static class QueueFailure
{
    /// <summary>The message is not held by the receipt that was shown: it was deleted, or given to somebody else.</summary>
    public static bool IsNotHeld(RequestFailedException failure) =>
        failure.ErrorCode is "MessageNotFound" or "PopReceiptMismatch" || (failure.Status == 404 && !IsNoQueue(failure));

    public static bool IsNoQueue(RequestFailedException failure) => failure.ErrorCode == "QueueNotFound";

    /// <exception cref="CairnException">Unavailable, Throttled; Internal: a request that this adapter should not have made.</exception>
    public static async Task<T> GuardAsync<T>(string queue, Func<Task<T>> call, CancellationToken cancellationToken)
    {
        try
        {
            return await call().ConfigureAwait(false);
        }
        catch (Exception failure) when (IsOfService(failure) && !cancellationToken.IsCancellationRequested)
        {
            throw Translate(failure is AggregateException several ? several.InnerExceptions[^1] : failure, $"queue {queue}");
        }
    }

    // An aggregate holds the SDK's repetitions; a cancellation that nobody asked for is a timeout of the SDK.
    private static bool IsOfService(Exception failure) =>
        failure is RequestFailedException or AuthenticationFailedException or IOException or OperationCanceledException or AggregateException;

    private static CairnException Translate(Exception failure, string what) => failure switch
    {
        RequestFailedException { Status: 401 or 403 } => Failure(
            ErrorKind.Unavailable, $"no access to {what}: give this process's identity the role Storage Queue Data Contributor", failure),
        RequestFailedException answer when answer.Status == 429 || answer.ErrorCode == "ServerBusy" => Failure(ErrorKind.Throttled, $"{what} is busy", failure),
        RequestFailedException { Status: >= 400 and < 500 and not 404 and not 408 } answer => Failure(ErrorKind.Internal, $"{what}: {answer.ErrorCode}", failure),
        RequestFailedException answer => Failure(ErrorKind.Unavailable, $"{what}: {answer.ErrorCode ?? "no answer"} ({answer.Status})", failure),
        _ => Failure(ErrorKind.Unavailable, $"{what} does not answer", failure),
    };

    private static CairnException Failure(ErrorKind kind, string message, Exception inner) => new(kind, message, inner);
}
