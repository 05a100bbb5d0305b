using Cairn.Infra.Identity;

namespace Cairn.Functions.Keys;

/// <summary>
/// What the roles of a token give: <c>Cairn.Read</c>, <c>Cairn.Write</c>, <c>Cairn.Admin</c> on all spaces; with a space or a prefix behind it, such as
/// <c>Cairn.Write:acme-*</c>, on those. A token that acts for a person has scopes too, of the same three names: they say how much of what the person may do was
/// given to the program, so neither gives anything without the other. A pure function.
/// </summary>
internal static class TokenRoles
{
    private const string Prefix = "Cairn.";
    private static readonly string[] Words = ["Read", "Write", "Admin"];

    /// <summary>Null: it gives nothing.</summary>
    public static Caller? CallerOf(TokenClaims claims)
    {
        var most = claims.Scopes is null ? AccessScope.Admin : Highest(claims.Scopes);
        if (most is not { } limit)
        {
            return null;
        }

        var grants = claims.Roles.Select(GrantOf).OfType<Grant>().Select(grant => grant with { Scope = grant.Scope < limit ? grant.Scope : limit }).Distinct().ToArray();
        return grants.Length > 0 ? new(grants) : null;
    }

    private static AccessScope? Highest(IReadOnlyList<string> scopes) =>
        scopes.Select(GrantOf).Where(static grant => grant is { Spaces.IsAll: true }).Max(static grant => grant?.Scope);

    // What is not ours, and what names no spaces that there can be, gives nothing.
    private static Grant? GrantOf(string role)
    {
        var colon = role.IndexOf(':', StringComparison.Ordinal);
        var name = colon < 0 ? role : role[..colon];
        var scope = name.StartsWith(Prefix, StringComparison.Ordinal) ? Array.IndexOf(Words, name[Prefix.Length..]) : -1;
        return scope >= 0 && SpacePattern.TryParse(colon < 0 ? "*" : role[(colon + 1)..], out var spaces) ? new((AccessScope)scope, spaces) : null;
    }
}
