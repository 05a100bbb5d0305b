using Azure.Core.Pipeline;
using Cairn.Primitives;

namespace Cairn.Infra.Table;

/// <summary>Where requests go, and what makes them count.</summary>
/// <param name="Address">Of the service, with a slash at the end.</param>
/// <param name="Policy">Signs each request.</param>
public sealed record TableConnection(Uri Address, HttpPipelinePolicy Policy)
{
    private const string Development = "UseDevelopmentStorage", Endpoint = "TableEndpoint", Name = "AccountName", Key = "AccountKey", Signature = "SharedAccessSignature";
    private const string TokenScope = "https://storage.azure.com/.default";

    // What every emulator on its well-known port has; no secret.
    private const string DevelopmentConnection =
        "AccountName=devstoreaccount1;AccountKey=Eby8vdM02xNOcqFlqUwJPLlmEtlCDXJ1OUzFT50uSRZ6IFsuFq2UVErCz4I6tq/K1SZFPTOtr/KBHBeksoGMGw==;"
        + "TableEndpoint=http://127.0.0.1:10002/devstoreaccount1;";

    /// <summary>
    /// Whether a connection string leads to tables: it names their address, or leaves all addresses to the account's name. One that names other services only has none.
    /// </summary>
    public static bool NamesTables(string connectionString)
    {
        var parts = Parts(connectionString);
        return parts is not null && (parts.ContainsKey(Endpoint) || !parts.Keys.Any(key => key.EndsWith("Endpoint", StringComparison.OrdinalIgnoreCase)));
    }

    /// <exception cref="CairnException">Invalid: they name no service; the message never repeats a secret.</exception>
    internal static TableConnection Of(AzureTableOptions options)
    {
        if (options.ConnectionString is { } text)
        {
            return Read(text) ?? throw CairnException.Invalid(
                nameof(options.ConnectionString), "the connection string of the storage account cannot be read; copy it again from the account's access keys");
        }

        // An identity's tokens travel with each request.
        return options.ServiceUri is { IsAbsoluteUri: true } address && address.Scheme == Uri.UriSchemeHttps
            ? new(WithSlash(address), new BearerTokenAuthenticationPolicy(options.Credential(), TokenScope))
            : throw CairnException.Invalid(nameof(options.ServiceUri), $"\"{options.ServiceUri}\" is no address of a table service: it begins with https://");
    }

    private static TableConnection? Read(string text)
    {
        var parts = Parts(text);
        if (parts is null || AddressOf(parts) is not { } address)
        {
            return null;
        }

        if (parts.TryGetValue(Signature, out var signature))
        {
            return new(address, new SharedAccessPolicy(signature));
        }

        return parts.TryGetValue(Name, out var account) && parts.TryGetValue(Key, out var key) && Decode(key) is { } secret
            ? new(address, new SharedKeyPolicy(account, secret))
            : null;
    }

    private static Uri? AddressOf(Dictionary<string, string> parts)
    {
        if (!parts.TryGetValue(Endpoint, out var address) && parts.TryGetValue(Name, out var account))
        {
            address = $"{parts.GetValueOrDefault("DefaultEndpointsProtocol", "https")}://{account}.table.{parts.GetValueOrDefault("EndpointSuffix", "core.windows.net")}";
        }

        return Uri.TryCreate(address, UriKind.Absolute, out var uri) && uri.Scheme is "http" or "https" ? WithSlash(uri) : null;
    }

    // Null: it makes no sense. A key may end in '=', so only the first one divides.
    private static Dictionary<string, string>? Parts(string text)
    {
        var parts = new Dictionary<string, string>(StringComparer.OrdinalIgnoreCase);
        foreach (var part in text.Split(';', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries))
        {
            var equals = part.IndexOf('=', StringComparison.Ordinal);
            if (equals <= 0 || !parts.TryAdd(part[..equals].Trim(), part[(equals + 1)..].Trim()))
            {
                return null;
            }
        }

        return parts.TryGetValue(Development, out var used) && used.Equals("true", StringComparison.OrdinalIgnoreCase) ? Parts(DevelopmentConnection) : parts;
    }

    private static byte[]? Decode(string key)
    {
        var bytes = new byte[key.Length];
        return Convert.TryFromBase64String(key, bytes, out var length) ? bytes[..length] : null;
    }

    private static Uri WithSlash(Uri address) => new(address.GetLeftPart(UriPartial.Path).TrimEnd('/') + "/");
}
