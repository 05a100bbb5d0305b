using Cairn.Functions.Problems;

namespace Cairn.Functions.Keys;

/// <summary>Who calls, as far as it matters: what he may do, and where. Immutable; one for all requests with the same key.</summary>
internal sealed class Caller(AccessScope scope, IReadOnlyList<SpacePattern> spaces)
{
    private readonly SpacePattern[] _spaces = [.. spaces];

    /// <summary>Of a service that asks for no key, and of the key of its settings.</summary>
    public static Caller OfAll { get; } = new(AccessScope.Admin, [SpacePattern.All]);

    public bool IsForAll => Array.Exists(_spaces, static pattern => pattern.IsAll);

    /// <summary>Whether it may do that in a space. Allocates nothing.</summary>
    public bool May(AccessScope wanted, ReadOnlySpan<char> space)
    {
        if (scope < wanted)
        {
            return false;
        }

        foreach (var pattern in _spaces)
        {
            if (pattern.Covers(space))
            {
                return true;
            }
        }

        return false;
    }

    /// <exception cref="ProblemException">forbidden; the same whether the space exists or not, so that nobody learns of others' spaces.</exception>
    public void Require(AccessScope wanted, ReadOnlySpan<char> space)
    {
        if (!May(wanted, space))
        {
            throw Forbidden($"this key has not the scope '{ScopeWords.Of(wanted)}' on this space");
        }
    }

    /// <exception cref="ProblemException">forbidden.</exception>
    public void RequireForAll(AccessScope wanted)
    {
        if (scope < wanted || !IsForAll)
        {
            throw Forbidden($"this key has not the scope '{ScopeWords.Of(wanted)}' on all spaces");
        }
    }

    private static ProblemException Forbidden(string detail) => ProblemException.Of(ProblemKinds.Forbidden, detail);
}
