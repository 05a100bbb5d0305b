using System.Globalization;
using Azure.Storage.Blobs.Models;

namespace Cairn.Infra.Blob;

/// <summary>The CRC-32C of a blob's bytes in its metadata, beside the length that the service keeps.</summary>
internal static class BlobChecksum
{
    private const string Key = "cairncrc32c";

    public static Dictionary<string, string> ToMetadata(uint checksum) => new() { [Key] = checksum.ToString("x8", CultureInfo.InvariantCulture) };

    /// <summary>Null: a tool that copied the blob left it away.</summary>
    public static uint? Read(IDictionary<string, string>? metadata) =>
        metadata is not null && metadata.TryGetValue(Key, out var text)
        && uint.TryParse(text, NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out var checksum)
            ? checksum
            : null;

    public static bool Holds(BlobProperties there, long lengthBytes, uint checksum) =>
        there.ContentLength == lengthBytes && Read(there.Metadata) == checksum;
}
