using System.Collections.Frozen;

namespace Cairn.Functions.Problems;

/// <summary>Status and title of a kind of problem.</summary>
internal readonly record struct ProblemKind(int Status, string Title);

/// <summary>The closed list of kinds. A kind, once released, keeps its name and status.</summary>
internal static class ProblemKinds
{
    public const string Invalid = "invalid", UnknownMember = "unknown-member", Limit = "limit", Syntax = "syntax", WrongCursor = "wrong-cursor",
        WrongToken = "wrong-token", NotSupported = "not-supported", Unauthenticated = "unauthenticated", Forbidden = "forbidden", Quota = "quota",
        UnknownSpace = "unknown-space", UnknownConcept = "unknown-concept", UnknownAssociation = "unknown-association", NotSeen = "not-seen",
        UnknownKey = "unknown-key", UnknownImport = "unknown-import", UnknownRoute = "unknown-route", MethodNotAllowed = "method-not-allowed", NotAcceptable = "not-acceptable", NotRetained = "not-retained",
        Rejected = "rejected", PreconditionFailed = "precondition-failed", IdempotencyKeyReused = "idempotency-key-reused", TooLarge = "too-large",
        UnsupportedMediaType = "unsupported-media-type", Throttled = "throttled", Internal = "internal", Corrupt = "corrupt",
        Unavailable = "unavailable", NotYetVisible = "not-yet-visible", Timeout = "timeout", OutcomeUnknown = "outcome-unknown";

    private static readonly FrozenDictionary<string, ProblemKind> Table = new Dictionary<string, ProblemKind>
    {
        [Invalid] = new(400, "The request is not valid"),
        [UnknownMember] = new(400, "The request has a member or parameter that does not exist"),
        [Limit] = new(400, "The request passes a limit"),
        [Syntax] = new(400, "There is a syntax error"),
        [WrongCursor] = new(400, "The cursor does not belong to this request"),
        [WrongToken] = new(400, "The token does not belong to this space"),
        [NotSupported] = new(400, "This release does not support that"),
        [Unauthenticated] = new(401, "A key is needed"),
        [Forbidden] = new(403, "The request is not allowed"),
        [Quota] = new(403, "A quota is used up"),
        [UnknownSpace] = new(404, "There is no such space"),
        [UnknownConcept] = new(404, "There is no such concept"),
        [UnknownAssociation] = new(404, "There is no such association"),
        [UnknownKey] = new(404, "There is no such key"),
        [UnknownImport] = new(404, "There is no such import"),
        [NotSeen] = new(404, "The commit has not been seen"),
        [UnknownRoute] = new(404, "There is nothing at this path"),
        [MethodNotAllowed] = new(405, "The route does not have this method"),
        [NotAcceptable] = new(406, "The answer has no form that the request accepts"),
        [NotRetained] = new(410, "It is no longer retained"),
        [Rejected] = new(409, "The commit was rejected"),
        [PreconditionFailed] = new(412, "A precondition does not hold"),
        [TooLarge] = new(413, "The request is too large"),
        [UnsupportedMediaType] = new(415, "The body has a form that is not read here"),
        [IdempotencyKeyReused] = new(422, "The idempotency key was used with another body"),
        [Throttled] = new(429, "Too much at once"),
        [Internal] = new(500, "The service failed"),
        [Corrupt] = new(500, "The space is stopped: stored bytes are damaged"),
        [Unavailable] = new(503, "The service cannot do this now"),
        [NotYetVisible] = new(503, "The view has not reached the token yet"),
        [Timeout] = new(503, "The time for this request ran out"),
        [OutcomeUnknown] = new(503, "It is not known whether the commit was kept"),
    }.ToFrozenDictionary();

    public static IEnumerable<string> All => Table.Keys;

    public static bool Exists(string kind) => Table.ContainsKey(kind);

    public static ProblemKind Of(string kind) => Table[kind];
}
