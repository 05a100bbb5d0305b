using System.Globalization;
using Cairn.Infra.Embedding;
using Cairn.Primitives;
using Cairn.Storage;

namespace Cairn.Functions.Hosting;

/// <summary>How concepts without a vector get one. Immutable.</summary>
/// <param name="IsBuiltIn">By the built-in model, in memory.</param>
/// <param name="Remote">By this one, in the log; null: by none.</param>
internal sealed record ServerEmbedding(bool IsBuiltIn, EmbeddingOptions? Remote)
{
    public static readonly ServerEmbedding BuiltIn = new(true, null), None = new(false, null);
}

/// <summary>
/// Reads what embeds concepts: <c>CAIRN_EMBEDDING</c>, that is <c>hashing</c>, <c>none</c>, or the address of a service with OpenAI's interface, whose model, key and number of
/// components have names of their own.
/// </summary>
internal static class EmbeddingSettings
{
    private const string Which = "CAIRN_EMBEDDING", Model = "CAIRN_EMBEDDING_MODEL", Key = "CAIRN_EMBEDDING_KEY", Dimensions = "CAIRN_EMBEDDING_DIMENSIONS";

    /// <summary>What is set.</summary>
    /// <param name="value">A setting by name; null if it is not set.</param>
    /// <param name="managedIdentityClientId">Of the identity that the storage account is used with.</param>
    /// <exception cref="StartFailure">It makes no sense.</exception>
    public static ServerEmbedding Read(Func<string, string?> value, string? managedIdentityClientId)
    {
        switch (value(Which))
        {
            case null or "hashing":
                return ServerEmbedding.BuiltIn;
            case "none":
                return ServerEmbedding.None;
            case var which when Uri.TryCreate(which, UriKind.Absolute, out var address) && address.Scheme is "http" or "https":
                return new(false, new()
                {
                    Endpoint = address,
                    Model = value(Model) ?? throw new StartFailure($"{Model} is missing: the model that {Which} is to use, such as text-embedding-3-small"),
                    Key = value(Key),
                    Dimensions = ReadDimensions(value(Dimensions)),
                    ManagedIdentityClientId = managedIdentityClientId,
                });
            case var which:
                throw new StartFailure($"{Which} is '{which}'; it takes hashing, none, or an address such as https://api.openai.com");
        }
    }

    /// <summary>Opens the remote model; null: none is set.</summary>
    /// <exception cref="StartFailure">It is wrong.</exception>
    public static IEmbedder? Open(ServerOptions options)
    {
        try
        {
            return options.Embedder ?? (options.Embedding.Remote is { } remote ? HttpEmbedder.Open(remote, options.Time) : null);
        }
        catch (CairnException failure) when (failure.Kind == ErrorKind.Invalid)
        {
            throw new StartFailure($"{Which}: {failure.Message}", failure);
        }
    }

    private static int? ReadDimensions(string? text) => text is null ? null
        : int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var dimensions) ? dimensions
        : throw new StartFailure($"{Dimensions} is '{text}'; it takes a number of components");
}
