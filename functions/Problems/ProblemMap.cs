using Cairn.Primitives;

namespace Cairn.Functions.Problems;

/// <summary>The one place that turns a failure into what the caller is told. What it does not know is a bug of ours, and says no more than that.</summary>
internal static class ProblemMap
{
    private const int DefaultRetrySeconds = 1;

    public static Problem Of(Exception failure) => failure switch
    {
        ProblemException e => e.Problem,
        CairnException e => Of(e),
        BadHttpRequestException { StatusCode: StatusCodes.Status413PayloadTooLarge } e => new(ProblemKinds.TooLarge, e.Message),
        BadHttpRequestException e => new(ProblemKinds.Invalid, e.Message),
        _ => new(ProblemKinds.Internal, "the service failed; its log has the details under this traceId"),
    };

    public static Problem Of(CairnException failure)
    {
        var kind = failure.Problem is { } named && ProblemKinds.Exists(named) ? named : KindOf(failure.Kind);
        if (kind == ProblemKinds.Internal)
        {
            return new(ProblemKinds.Internal, "the service failed; its log has the details under this traceId");
        }

        // Of throttling, the field names the limit; of a request, the part at fault.
        var (blamed, isPointer) = (failure.Kind == ErrorKind.Invalid ? failure.Field : null, failure.Field is ['/', ..]);
        var detail = failure.Kind == ErrorKind.Throttled && failure.Field is { } limit ? $"{failure.Message} (limit: {limit})" : failure.Message;
        return new(kind, detail)
        {
            Pointer = isPointer ? blamed : null,
            Parameter = isPointer ? null : blamed,
            Column = failure.Column,
            Limit = failure.Limit,
            Actual = failure.Actual,
            RetryAfterSeconds = RetryAfter(failure),
        };
    }

    /// <summary>Whether it is ours to mend: worth a line in the log.</summary>
    public static bool IsOurs(Problem problem) => problem.Status >= 500 && problem.Kind is not (ProblemKinds.NotYetVisible or ProblemKinds.Timeout);

    private static string KindOf(ErrorKind kind) => kind switch
    {
        ErrorKind.Invalid => ProblemKinds.Invalid,
        ErrorKind.NotFound => ProblemKinds.UnknownSpace,
        ErrorKind.Conflict => ProblemKinds.Rejected,
        ErrorKind.Fenced => ProblemKinds.Unavailable,
        ErrorKind.Throttled => ProblemKinds.Throttled,
        ErrorKind.Unavailable => ProblemKinds.Unavailable,
        ErrorKind.Unknown => ProblemKinds.OutcomeUnknown,
        ErrorKind.Corrupt => ProblemKinds.Corrupt,
        _ => ProblemKinds.Internal,
    };

    private static int? RetryAfter(CairnException failure) => failure.RetryAfter is { } wait
        ? Math.Max(1, (int)Math.Ceiling(wait.TotalSeconds))
        : failure.Kind is ErrorKind.Throttled or ErrorKind.Unavailable or ErrorKind.Unknown or ErrorKind.Fenced ? DefaultRetrySeconds : null;
}
