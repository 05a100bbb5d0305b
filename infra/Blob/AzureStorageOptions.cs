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

    /// <summary>A connection string; <c>UseDevelopmentStorage=true</c> is an emulator on this machine. Of this, an account and an address exactly one is set.</summary>
    public string? ConnectionString { get; init; }

    /// <summary>A storage account that this process's own identity may use (DefaultAzureCredential).</summary>
    public string? AccountName { get; init; }

    /// <summary>The address of the blob service of such an account, such as <c>https://mine.blob.core.windows.net</c>.</summary>
    public Uri? ServiceUri { get; init; }

    /// <summary>The client id of the managed identity to use with an account or an address; null: whatever identity there is.</summary>
    public string? ManagedIdentityClientId { get; init; }

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
        if (ConnectionString is null)
        {
            var account = ServiceUri ?? new Uri($"https://{AccountName}.blob.core.windows.net/");
            return new BlobServiceClient(account, Credential(), client).GetBlobContainerClient(ContainerName);
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

    private TokenCredential Credential() => ManagedIdentityClientId is null
        ? Identity.Value
        : new DefaultAzureCredential(new DefaultAzureCredentialOptions { ManagedIdentityClientId = ManagedIdentityClientId });

    private void Validate()
    {
        var ways = (ConnectionString is null ? 0 : 1) + (AccountName is null ? 0 : 1) + (ServiceUri is null ? 0 : 1);
        Require(ways == 1, nameof(ConnectionString), "set a connection string, an account name or the address of a blob service, and one of them only");
        Require(ConnectionString is not { Length: 0 }, nameof(ConnectionString), "the connection string of the storage account is empty");
        Require(
            AccountName is null || (AccountName.Length is >= 3 and <= 24 && AccountName.All(c => char.IsAsciiLetterLower(c) || char.IsAsciiDigit(c))),
            nameof(AccountName),
            $"\"{AccountName}\" is no storage account: its name has 3 to 24 lowercase letters and digits");
        Require(
            ServiceUri is null || (ServiceUri.IsAbsoluteUri && ServiceUri.Scheme == Uri.UriSchemeHttps),
            nameof(ServiceUri),
            $"\"{ServiceUri}\" is no address of a blob service: it begins with https://, since an identity's tokens travel with each request");
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
