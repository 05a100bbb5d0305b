using Cairn.Functions.Problems;

namespace Cairn.Functions.Keys;

/// <summary>A scope on some spaces.</summary>
internal readonly record struct Grant(AccessScope Scope, SpacePattern Spaces);

/// <summary>Who calls, as far as it matters: what he may do, and where. Immutable; one for all requests with the same key or token.</summary>
internal sealed class Caller(IReadOnlyList<Grant> grants)
{
    private readonly Grant[] _grants = [.. grants];

    /// <summary>Of a service that asks for no key, and of the key of its settings.</summary>
    public static Caller OfAll { get; } = new([new(AccessScope.Admin, SpacePattern.All)]);

    /// <summary>Whether it may do that in a space. Allocates nothing.</summary>
    public bool May(AccessScope wanted, ReadOnlySpan<char> space)
    {
        foreach (var grant in _grants)
        {
            if (grant.Scope >= wanted && grant.Spaces.Covers(space))
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
            throw Forbidden($"this key or token has not the scope '{ScopeWords.Of(wanted)}' on this space");
        }
    }

    /// <exception cref="ProblemException">forbidden.</exception>
    public void RequireForAll(AccessScope wanted)
    {
        if (!Array.Exists(_grants, grant => grant.Scope >= wanted && grant.Spaces.IsAll))
        {
            throw Forbidden($"this key or token has not the scope '{ScopeWords.Of(wanted)}' on all spaces");
        }
    }

    private static ProblemException Forbidden(string detail) => ProblemException.Of(ProblemKinds.Forbidden, detail);
}
