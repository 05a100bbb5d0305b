using Azure.Core;
using Azure.Identity;
using Cairn.Primitives;

namespace Cairn.Infra.Embedding;

/// <summary>Where requests go, and how they say who asks.</summary>
/// <param name="Address">The whole address.</param>
/// <param name="IsAzure">Azure OpenAI: a key has a header of its own, and without one the process's identity counts.</param>
internal sealed record EmbeddingAddress(Uri Address, bool IsAzure)
{
    /// <summary>What tokens for Azure OpenAI are of.</summary>
    public const string TokenScope = "https://cognitiveservices.azure.com/.default";

    private const string Operation = "/embeddings";
    private static readonly string[] AzureHosts = [".openai.azure.com", ".cognitiveservices.azure.com", ".services.ai.azure.com", ".openai.azure.us"];

    /// <exception cref="CairnException">Invalid: there is no such address; the message never repeats a key.</exception>
    public static EmbeddingAddress Of(EmbeddingOptions options)
    {
        var endpoint = options.Endpoint;
        if (!endpoint.IsAbsoluteUri || (endpoint.Scheme != Uri.UriSchemeHttps && endpoint.Scheme != Uri.UriSchemeHttp) || endpoint.UserInfo.Length > 0 || endpoint.Fragment.Length > 0)
        {
            throw CairnException.Invalid(nameof(options.Endpoint), "it is no address such as https://api.openai.com, without a user and a fragment");
        }

        // Whoever reads a key on its way may use it.
        if (endpoint.Scheme == Uri.UriSchemeHttp && options.Key is not null && !endpoint.IsLoopback)
        {
            throw CairnException.Invalid(nameof(options.Endpoint), $"a key is only sent by HTTPS, and not to {endpoint.GetLeftPart(UriPartial.Authority)}");
        }

        var isAzure = AzureHosts.Any(host => endpoint.Host.EndsWith(host, StringComparison.OrdinalIgnoreCase));
        return new(WithPath(endpoint, isAzure), isAzure);
    }

    private static Uri WithPath(Uri endpoint, bool isAzure)
    {
        var path = endpoint.AbsolutePath.TrimEnd('/');
        path = path.Length == 0 ? isAzure ? "/openai/v1" : "/v1" : path;
        path = path.EndsWith(Operation, StringComparison.Ordinal) ? path : path + Operation;
        return new UriBuilder(endpoint) { Path = path }.Uri;
    }

    /// <summary>The identity to ask as; null: a key says who asks, or nobody needs to know.</summary>
    public TokenCredential? CredentialOf(EmbeddingOptions options) => !IsAzure || options.Key is not null ? null
        : options.ManagedIdentityClientId is { } client ? new DefaultAzureCredential(new DefaultAzureCredentialOptions { ManagedIdentityClientId = client })
        : new DefaultAzureCredential();
}
