namespace Cairn.Infra.Identity;

/// <summary>What is wrong with a token; in general terms, since whoever sent it may not know more.</summary>
public enum TokenRefusal
{
    /// <summary>It is no signed token of three parts, or one of them cannot be read.</summary>
    Malformed,

    /// <summary>It is signed by an algorithm that is not taken, or by none.</summary>
    Algorithm,

    /// <summary>It comes from somebody else: another tenant, or another version of the tokens.</summary>
    Issuer,

    /// <summary>It was made for another service.</summary>
    Audience,

    /// <summary>It is for a person's browser, not for a service.</summary>
    NoAccessToken,

    /// <summary>Its time has not come.</summary>
    NotYetValid,

    /// <summary>Its time is over.</summary>
    Expired,

    /// <summary>The issuer has no such key.</summary>
    UnknownKey,

    /// <summary>It is not what was signed.</summary>
    Signature,
}

/// <summary>What a token that holds says.</summary>
/// <param name="Roles">Roles of this service that its bearer was given.</param>
/// <param name="Scopes">It acts for a person, within these scopes; null: for itself.</param>
/// <param name="ExpiresAt">It is good before then, the tolerance for clocks included.</param>
public sealed record TokenClaims(IReadOnlyList<string> Roles, IReadOnlyList<string>? Scopes, DateTimeOffset ExpiresAt);

/// <summary>What became of one token.</summary>
/// <param name="Claims">Null: it does not hold.</param>
/// <param name="Refusal">Why, if it does not.</param>
public readonly record struct TokenOutcome(TokenClaims? Claims, TokenRefusal Refusal)
{
    internal static TokenOutcome Refused(TokenRefusal refusal) => new(null, refusal);
}
