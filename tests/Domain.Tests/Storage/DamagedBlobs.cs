using Cairn.Storage;

namespace Cairn.Domain.Tests.Storage;

/// <summary>What the engine never does.</summary>
internal static class DamagedBlobs
{
    /// <summary>Puts other bytes in the place of a blob's.</summary>
    public static async Task ReplaceAsync(this IBlobStore blobs, string name, ReadOnlyMemory<byte> bytes, CancellationToken cancellationToken)
    {
        await blobs.DeleteAsync(name, cancellationToken);
        Assert.True(await blobs.CreateAsync(name, bytes, cancellationToken));
    }
}
