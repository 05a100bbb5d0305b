using Cairn.Infra.Identity;

namespace Cairn.Functions.Hosting;

/// <summary>Reads whose tokens of Entra ID are taken.</summary>
internal static class IdentitySettings
{
    private const string Tenant = "CAIRN_ENTRA_TENANT", Audience = "CAIRN_ENTRA_AUDIENCE", Authority = "CAIRN_ENTRA_AUTHORITY";

    /// <summary>The tenant that is set; null: none is, and there are keys only.</summary>
    /// <param name="value">A setting by name; null if it is not set.</param>
    /// <exception cref="StartFailure">One of them is missing or cannot be read.</exception>
    public static EntraOptions? Read(Func<string, string?> value)
    {
        var (tenant, audience, authority) = (value(Tenant), value(Audience), value(Authority) ?? EntraOptions.PublicAuthority);
        if (tenant is null && audience is null)
        {
            return null;
        }

        var options = new EntraOptions
        {
            Tenant = Guid.TryParseExact(tenant ?? throw Missing(Tenant, Audience), "D", out var id)
                ? id
                : throw new StartFailure($"{Tenant} is '{tenant}'; it takes the id of a tenant, a GUID (az account show --query tenantId)"),
            Audiences = (audience ?? throw Missing(Audience, Tenant)).Split([';', ','], StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries),
            Authority = Uri.TryCreate(authority, UriKind.Absolute, out var address)
                ? address
                : throw new StartFailure($"{Authority} is '{authority}'; it takes the address of who signs tokens, such as {EntraOptions.PublicAuthority}"),
        };
        return options;
    }

    /// <summary>The setting that an option came from.</summary>
    public static string SourceOf(string? option) => option switch
    {
        nameof(EntraOptions.Audiences) => Audience,
        nameof(EntraOptions.Authority) => Authority,
        _ => Tenant,
    };

    private static StartFailure Missing(string name, string other) => new($"{name} is not set, and {other} is: tokens of Entra ID need both");
}
