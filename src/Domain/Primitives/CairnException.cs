namespace Cairn.Primitives;

/// <summary>What a caller can do about a failure. Closed: one file maps it to HTTP.</summary>
public enum ErrorKind
{
    /// <summary>Fix the request.</summary>
    Invalid,

    /// <summary>It is not there.</summary>
    NotFound,

    /// <summary>Read again, then retry.</summary>
    Conflict,

    /// <summary>Another writer took over: discard this one.</summary>
    Fenced,

    /// <summary>Wait, then retry.</summary>
    Throttled,

    /// <summary>Back off, then retry.</summary>
    Unavailable,

    /// <summary>An append may or may not have happened: ask for the commit by its id.</summary>
    Unknown,

    /// <summary>Stored bytes are damaged: stop and call for help.</summary>
    Corrupt,

    /// <summary>A bug.</summary>
    Internal,
}

/// <summary>The one exception of the engine and its adapters. Cancellation passes as <see cref="OperationCanceledException"/>.</summary>
public sealed class CairnException : Exception
{
    /// <summary>Creates a failure.</summary>
    public CairnException(ErrorKind kind, string message, Exception? inner = null)
        : base(message, inner) => Kind = kind;

    /// <summary>What to do about it.</summary>
    public ErrorKind Kind { get; }

    /// <summary>Finer kind, an API problem kind such as <c>unknown-space</c> or <c>too-large</c>; null: the default of <see cref="Kind"/>.</summary>
    public string? Problem { get; init; }

    /// <summary>The field at fault: a JSON pointer inside the request, or a parameter's name; null if it is none.</summary>
    public string? Field { get; init; }

    /// <summary>Where in that field, in characters from 1, if it is a text that was read.</summary>
    public int? Column { get; init; }

    /// <summary>The limit that was passed, in the unit that the message names.</summary>
    public long? Limit { get; init; }

    /// <summary>The value that passed it.</summary>
    public long? Actual { get; init; }

    /// <summary>How long to wait before a retry, if it is known.</summary>
    public TimeSpan? RetryAfter { get; init; }

    /// <summary>A request that must be mended.</summary>
    public static CairnException Invalid(string? field, string message) => new(ErrorKind.Invalid, message) { Field = field };

    /// <summary>A request over a named limit.</summary>
    public static CairnException OverLimit(string field, string message, long limit, long actual) =>
        new(ErrorKind.Invalid, message) { Problem = "limit", Field = field, Limit = limit, Actual = actual };
}
