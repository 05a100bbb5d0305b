namespace Cairn.Functions.Problems;

/// <summary>What went wrong with one request, in the terms of RFC 9457. Immutable; members at null are left out of the answer.</summary>
/// <param name="Kind">One of <see cref="ProblemKinds"/>: the end of the type URN.</param>
/// <param name="Detail">Plain words for this occurrence; never a stack trace.</param>
internal sealed record Problem(string Kind, string Detail)
{
    /// <summary>JSON pointer into the request body; "" is the whole body.</summary>
    public string? Pointer { get; init; }

    /// <summary>Name of the path segment, query parameter or header at fault.</summary>
    public string? Parameter { get; init; }

    /// <summary>The limit that was passed, and by what, in the unit that the detail names.</summary>
    public long? Limit { get; init; }

    public long? Actual { get; init; }

    /// <summary>Where the text stops being JSON or a condition, from 1; the line only of JSON.</summary>
    public long? Line { get; init; }

    public long? Column { get; init; }

    /// <summary>The commit that this is about.</summary>
    public string? CommitId { get; init; }

    /// <summary>Set if the commit was decided: it was refused.</summary>
    public Rejection? Rejection { get; init; }

    /// <summary>What a query that ran out of time had done.</summary>
    public long? RowsVisited { get; init; }

    /// <summary>Whole seconds, at least 1.</summary>
    public int? RetryAfterSeconds { get; init; }

    /// <summary>Methods that the route has, for 405.</summary>
    public string? Allow { get; init; }

    public int Status => ProblemKinds.Of(Kind).Status;
}

/// <summary>Why replay refused a commit. An index is null if it was not of that kind.</summary>
internal sealed record Rejection(int? Operation, int? Precondition, string Reason);

/// <summary>Carries a problem from wherever it is found to the one place that answers it.</summary>
internal sealed class ProblemException(Problem problem) : Exception(problem.Detail)
{
    public Problem Problem { get; } = problem;

    public static ProblemException Of(string kind, string detail) => new(new Problem(kind, detail));

    public static ProblemException Parameter(string name, string detail, string kind = ProblemKinds.Invalid) =>
        new(new Problem(kind, $"{name}: {detail}") { Parameter = name });
}
