using Cairn.Primitives;

namespace Cairn.Infra.Identity;

/// <summary>Whose access tokens are taken: those of one tenant of Entra ID, made for this service.</summary>
public sealed record EntraOptions
{
    /// <summary>Where Azure's public cloud signs people in.</summary>
    public const string PublicAuthority = "https://login.microsoftonline.com/";

    /// <summary>The tenant's id. One that takes any tenant does not exist: a stranger's tenant gives whatever roles it likes.</summary>
    public required Guid Tenant { get; init; }

    /// <summary>What a token may be made for, at least one: the client id of the service's app registration.</summary>
    public required IReadOnlyList<string> Audiences { get; init; }

    /// <summary>Who signs tokens: <see cref="PublicAuthority"/>, or that of a national cloud.</summary>
    public Uri Authority { get; init; } = new(PublicAuthority);

    // As a token says it, without a slash at the end.
    internal string Issuer => $"{Authority.GetLeftPart(UriPartial.Authority)}/{Tenant:D}/v2.0";

    internal Uri MetadataAddress => new($"{Issuer}/.well-known/openid-configuration");

    /// <exception cref="CairnException">Invalid, naming the option.</exception>
    internal void Validate()
    {
        Require(Tenant != Guid.Empty, nameof(Tenant), "the id of a tenant is a GUID that is not all zeros");
        Require(Audiences.Count > 0 && Audiences.All(each => each.Length > 0), nameof(Audiences), "name at least one audience: the client id of this service's app registration");
        Require(
            Authority.IsAbsoluteUri && Authority.Scheme == Uri.UriSchemeHttps && Authority.AbsolutePath == "/" && Authority.Query.Length == 0,
            nameof(Authority),
            $"\"{Authority}\" is no authority: it is https:// and a host, such as {PublicAuthority}");
    }

    private static void Require(bool holds, string option, string message)
    {
        if (!holds)
        {
            throw CairnException.Invalid(option, message);
        }
    }
}
