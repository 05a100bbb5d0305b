using Azure.Core;
using Azure.Identity;
using Azure.Storage.Blobs;
using Cairn.Primitives;

namespace Cairn.Infra.Blob;

/// <summary>Which container of which storage account holds the spaces, and where its immutable blobs are cached.</summary>
public sealed record AzureStorageOptions
{
    // One for the process: each asks for tokens of its own.
    private static readonly Lazy<TokenCredential> Identity = new(() => new DefaultAzureCredential());

    /// <summary>A connection string; <c>UseDevelopmentStorage=true</c> is an emulator on this machine. Null: <see cref="AccountName"/> is set.</summary>
    public string? ConnectionString { get; init; }

    /// <summary>A storage account that this process's own identity may use (DefaultAzureCredential). Null: <see cref="ConnectionString"/> is set.</summary>
    public string? AccountName { get; init; }

    /// <summary>The container; it is created if it is missing.</summary>
    public string ContainerName { get; init; } = "cairn";

    /// <summary>A folder for copies of immutable blobs. Several processes may share it.</summary>
    public required string CacheFolder { get; init; }

    /// <summary>How much of the disk the copies may take, in bytes; a larger blob is kept alone.</summary>
    public long CacheLimitBytes { get; init; } = 2L << 30;

    /// <summary>A client of the container these options name.</summary>
    /// <exception cref="CairnException">Invalid: they name none; the message says which setting is wrong, and never repeats a secret.</exception>
    internal BlobContainerClient CreateClient(BlobClientOptions client)
    {
        Validate();
        if (AccountName is not null)
        {
            var account = new Uri($"https://{AccountName}.blob.core.windows.net/");
            return new BlobServiceClient(account, Identity.Value, client).GetBlobContainerClient(ContainerName);
        }

        try
        {
            return new BlobContainerClient(ConnectionString, ContainerName, client);
        }
        catch (Exception failure) when (failure is FormatException or ArgumentException or InvalidOperationException)
        {
            throw CairnException.Invalid(
                nameof(ConnectionString),
                "the connection string of the storage account cannot be read; copy it again from the account's access keys");
        }
    }

    private void Validate()
    {
        Require((ConnectionString is null) != (AccountName is null), nameof(ConnectionString), "set either a connection string or an account name");
        Require(ConnectionString is not { Length: 0 }, nameof(ConnectionString), "the connection string of the storage account is empty");
        Require(
            AccountName is null || (AccountName.Length is >= 3 and <= 24 && AccountName.All(c => char.IsAsciiLetterLower(c) || char.IsAsciiDigit(c))),
            nameof(AccountName),
            $"\"{AccountName}\" is no storage account: its name has 3 to 24 lowercase letters and digits");
        Require(
            IsContainer(ContainerName),
            nameof(ContainerName),
            $"\"{ContainerName}\" is no container: its name has 3 to 63 lowercase letters, digits and single '-' between them");
        Require(CacheFolder.Length > 0, nameof(CacheFolder), "name a folder for copies of blobs");
        Require(CacheLimitBytes > 0, nameof(CacheLimitBytes), "the cache needs room for at least one byte");
    }

    private static bool IsContainer(string name) =>
        name.Length is >= 3 and <= 63
        && name.All(c => char.IsAsciiLetterLower(c) || char.IsAsciiDigit(c) || c == '-')
        && name[0] != '-' && name[^1] != '-' && !name.Contains("--", StringComparison.Ordinal);

    private static void Require(bool holds, string field, string message)
    {
        if (!holds)
        {
            throw CairnException.Invalid(field, message);
        }
    }
}
