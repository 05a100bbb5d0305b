using Cairn.Primitives;

namespace Cairn.Infra.Blob;

/// <summary>What the disk that holds the cache throws.</summary>
internal static class CacheFailure
{
    public static bool Is(Exception failure) => failure is IOException or UnauthorizedAccessException;

    public static CairnException Translate(Exception failure) =>
        AzureFailure.Unavailable($"the cache of blobs on the local disk cannot be used: {failure.Message}", failure);
}
