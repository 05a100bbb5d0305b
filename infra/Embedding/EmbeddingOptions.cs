namespace Cairn.Infra.Embedding;

/// <summary>Which model embeds, and where it is.</summary>
public sealed record EmbeddingOptions
{
    /// <summary>
    /// The service, by HTTPS, or by HTTP without a key: its root (<c>https://api.openai.com</c>, <c>https://mine.openai.azure.com</c>, <c>http://localhost:11434</c>), the
    /// path before <c>/embeddings</c>, or the whole address with it.
    /// </summary>
    public required Uri Endpoint { get; init; }

    /// <summary>The model; of Azure OpenAI the deployment's name.</summary>
    public required string Model { get; init; }

    /// <summary>The key; null: none. Azure OpenAI is then asked as this process's own identity.</summary>
    public string? Key { get; init; }

    /// <summary>Components that are asked for, 1 to 4,096; null: as many as the model has.</summary>
    public int? Dimensions { get; init; }

    /// <summary>The client id of the managed identity to use; null: whatever identity there is.</summary>
    public string? ManagedIdentityClientId { get; init; }

    /// <summary>Texts of one request at most: some services take 2,048, and answers of thousands are long in coming.</summary>
    public int MaxTexts { get; init; } = 64;

    /// <summary>Bytes of the texts of one request at most. No token is shorter than a byte, so that the 300,000 tokens that OpenAI takes are never passed.</summary>
    public int MaxRequestBytes { get; init; } = 256 * 1024;

    /// <summary>Requests at once at most.</summary>
    public int MaxRequests { get; init; } = 4;

    /// <summary>Calls that wait for a request's place at most; more are refused.</summary>
    public int MaxWaiting { get; init; } = 256;

    /// <summary>How long one request may take.</summary>
    public TimeSpan RequestTimeout { get; init; } = TimeSpan.FromSeconds(30);
}
