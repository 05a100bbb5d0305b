using Azure.Core.Pipeline;
using Cairn.Primitives;

namespace Cairn.Infra.EventHubs;

/// <summary>Where requests go, and what makes them count.</summary>
/// <param name="Address">Of the hub, without a slash at the end.</param>
/// <param name="Policy">Signs each request.</param>
internal sealed record HubConnection(Uri Address, HttpPipelinePolicy Policy)
{
    private const string Endpoint = "Endpoint", RuleName = "SharedAccessKeyName", RuleKey = "SharedAccessKey", Signature = "SharedAccessSignature", Entity = "EntityPath";
    private const string TokenScope = "https://eventhubs.azure.net/.default";
    private const int MaxHubNameLength = 256;

    /// <exception cref="CairnException">Invalid: the options name no hub; the message never repeats a secret.</exception>
    public static HubConnection Of(EventHubOptions options, TimeProvider time)
    {
        if ((options.ConnectionString is null) == (options.FullyQualifiedNamespace is null))
        {
            throw CairnException.Invalid(nameof(options.ConnectionString), "set a connection string or a namespace, and one of them only");
        }

        if (options.ConnectionString is { } text)
        {
            return Read(text, options.HubName, time);
        }

        return Uri.CheckHostName(options.FullyQualifiedNamespace) == UriHostNameType.Dns
            ? new(AddressOf(new($"https://{options.FullyQualifiedNamespace}"), options.HubName), new BearerTokenAuthenticationPolicy(options.Credential(), TokenScope))
            : throw CairnException.Invalid(
                nameof(options.FullyQualifiedNamespace), $"'{options.FullyQualifiedNamespace}' is no host name of a namespace, such as mine.servicebus.windows.net");
    }

    private static HubConnection Read(string text, string? hubName, TimeProvider time)
    {
        var parts = Parts(text);
        if (parts is null || !parts.TryGetValue(Endpoint, out var endpoint) || ServiceOf(endpoint) is not { } service)
        {
            throw Unreadable();
        }

        if (hubName is not null && parts.TryGetValue(Entity, out var named) && named != hubName)
        {
            throw CairnException.Invalid(nameof(EventHubOptions.HubName), $"the connection string is of the hub '{named}', and not of '{hubName}'");
        }

        var address = AddressOf(service, hubName ?? parts.GetValueOrDefault(Entity));
        if (parts.TryGetValue(Signature, out var signature))
        {
            return new(address, new SharedAccessPolicy(() => signature));
        }

        return parts.TryGetValue(RuleName, out var rule) && parts.TryGetValue(RuleKey, out var key) && key.Length > 0
            ? new(address, new SharedAccessPolicy(new SharedAccessToken(address, rule, key, time).Take))
            : throw Unreadable();
    }

    // What a key signs can be read on its way without TLS, and used again: that is for a stand-in on this machine.
    private static Uri? ServiceOf(string endpoint) => Uri.TryCreate(endpoint, UriKind.Absolute, out var uri)
        && (uri.Scheme is "sb" or "https" || (uri.Scheme == "http" && uri.IsLoopback))
            ? new UriBuilder(uri.Scheme == "http" ? "http" : "https", uri.Host, uri.IsDefaultPort ? -1 : uri.Port).Uri
            : null;

    private static Uri AddressOf(Uri service, string? hubName) => hubName is { Length: > 0 and <= MaxHubNameLength } && hubName.All(IsOfName)
        ? new(service, hubName)
        : throw CairnException.Invalid(nameof(EventHubOptions.HubName), hubName is null ? "the name of the hub is missing" : $"'{hubName}' is no name of a hub");

    private static bool IsOfName(char c) => char.IsAsciiLetterOrDigit(c) || c is '-' or '_' or '.';

    // Null: it makes no sense. A key may end in '=', so only the first one divides.
    private static Dictionary<string, string>? Parts(string text)
    {
        var parts = new Dictionary<string, string>(StringComparer.OrdinalIgnoreCase);
        foreach (var part in text.Split(';', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries))
        {
            var equals = part.IndexOf('=', StringComparison.Ordinal);
            if (equals <= 0 || !parts.TryAdd(part[..equals], part[(equals + 1)..]))
            {
                return null;
            }
        }

        return parts;
    }

    private static CairnException Unreadable() => CairnException.Invalid(
        nameof(EventHubOptions.ConnectionString), "the connection string of the hub cannot be read; copy it again from the namespace's shared access policies");
}
