using Azure.Core;
using Azure.Identity;
using Azure.Storage.Queues;
using Cairn.Primitives;

namespace Cairn.Infra.Queue;

/// <summary>Which storage account holds the queues.</summary>
public sealed record AzureQueueOptions
{
    private static readonly Lazy<TokenCredential> Identity = new(() => new DefaultAzureCredential());

    /// <summary>A connection string; <c>UseDevelopmentStorage=true</c> is an emulator on this machine. Of this and the address exactly one is set.</summary>
    public string? ConnectionString { get; init; }

    /// <summary>The address of the queue service of an account that this process's own identity may use, such as <c>https://mine.queue.core.windows.net</c>.</summary>
    public Uri? ServiceUri { get; init; }

    /// <summary>The client id of the managed identity to use with an address; null: whatever identity there is.</summary>
    public string? ManagedIdentityClientId { get; init; }

    /// <summary>A client of a queue of that account. It asks nothing of the service yet.</summary>
    /// <exception cref="CairnException">Invalid: there is no such account; the message never repeats a secret.</exception>
    internal QueueClient CreateClient(string queue, QueueClientOptions client)
    {
        if ((ConnectionString is null) == (ServiceUri is null))
        {
            throw CairnException.Invalid(nameof(ConnectionString), "set a connection string or the address of a queue service, and one of them only");
        }

        if (ServiceUri is not null)
        {
            return ServiceUri.IsAbsoluteUri && ServiceUri.Scheme == Uri.UriSchemeHttps
                ? new QueueServiceClient(ServiceUri, Credential(), client).GetQueueClient(queue)
                : throw CairnException.Invalid(nameof(ServiceUri), $"\"{ServiceUri}\" is no address of a queue service: it begins with https://, since an identity's tokens travel with each request");
        }

        try
        {
            return new QueueClient(ConnectionString, queue, client);
        }
        catch (Exception failure) when (failure is FormatException or ArgumentException or InvalidOperationException)
        {
            throw CairnException.Invalid(nameof(ConnectionString), "the connection string of the storage account names no queue service; copy it again from the account's access keys");
        }
    }

    private TokenCredential Credential() => ManagedIdentityClientId is null
        ? Identity.Value
        : new DefaultAzureCredential(new DefaultAzureCredentialOptions { ManagedIdentityClientId = ManagedIdentityClientId });
}
