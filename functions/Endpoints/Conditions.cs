using Cairn.Functions.Problems;
using Cairn.Functions.Routing;
using Cairn.Functions.Tokens;
using Cairn.Model;
using Cairn.Primitives;

namespace Cairn.Functions.Endpoints;

/// <summary>If-Match and If-None-Match of one request on one concept or association.</summary>
internal readonly struct Conditions(Call call, Incarnation incarnation)
{
    private readonly string? _ifMatch = call.Request.Headers.IfMatch is { Count: > 0 } match ? string.Join(",", match.ToArray()) : null;
    private readonly string? _ifNoneMatch = call.Request.Headers.IfNoneMatch is { Count: > 0 } none ? string.Join(",", none.ToArray()) : null;

    /// <summary>What a write asks for becomes a precondition of its commit, so that replay decides it.</summary>
    public IEnumerable<(Condition Condition, LogPosition Version)> Preconditions()
    {
        if (_ifMatch is { } match)
        {
            yield return VersionTags.Expected(match, incarnation) is { } version ? (Condition.Version, version) : (Condition.Exists, default);
        }

        if (_ifNoneMatch?.Trim() == "*")
        {
            yield return (Condition.Absent, default);
        }
    }

    /// <summary>
    /// If-None-Match with tags on a write. A version that is known and not the current one never comes back, so the newest snapshot is enough
    /// to decide.
    /// </summary>
    /// <exception cref="ProblemException">precondition-failed.</exception>
    public void RequireNotNamed(LogPosition? current)
    {
        if (_ifNoneMatch is { } tags && tags.Trim() != "*" && VersionTags.Names(tags, incarnation, current ?? VersionTags.Never))
        {
            throw ProblemException.Parameter("If-None-Match", "names the current version", ProblemKinds.PreconditionFailed);
        }
    }

    /// <summary>Whether a read may be answered with 304.</summary>
    /// <exception cref="ProblemException">precondition-failed: If-Match names other versions.</exception>
    public bool IsNotModified(LogPosition current)
    {
        if (_ifMatch is { } match && VersionTags.Expected(match, incarnation) is { } expected && expected != current)
        {
            throw ProblemException.Parameter("If-Match", "does not name the current version", ProblemKinds.PreconditionFailed);
        }

        return _ifNoneMatch is { } none && VersionTags.Names(none, incarnation, current);
    }
}
