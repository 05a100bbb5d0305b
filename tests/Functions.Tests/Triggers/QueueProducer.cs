using System.Text;
using Azure.Storage.Blobs;
using Azure.Storage.Queues;

namespace Cairn.Functions.Tests.Triggers;

/// <summary>Puts commits into the queue of an account, as producers do. Any thread.</summary>
internal sealed class QueueProducer
{
    private readonly QueueClient _queue;
    private readonly BlobContainerClient _claims;

    private QueueProducer(string account) => (_queue, _claims) = (new(account, "cairn-ingest"), new(account, "cairn-ingest"));

    private static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    public static async Task<QueueProducer> StartAsync(string account)
    {
        var producer = new QueueProducer(account);
        await producer._queue.CreateIfNotExistsAsync(cancellationToken: Cancelled);
        await producer._claims.CreateIfNotExistsAsync(cancellationToken: Cancelled);
        return producer;
    }

    /// <summary>Puts one message in.</summary>
    /// <param name="space">Where the commit goes.</param>
    /// <param name="commit">The commit.</param>
    /// <param name="claim">The name of the blob that takes the commit; null: the message has it.</param>
    /// <param name="isBase64">The message is in base64.</param>
    /// <returns>The message's id, which is that of a commit without one.</returns>
    public async Task<string> SendAsync(string space, string commit, string? claim = null, bool isBase64 = false)
    {
        if (claim is not null)
        {
            await _claims.GetBlobClient(claim).UploadAsync(BinaryData.FromString(commit), Cancelled);
        }

        var text = claim is not null ? $$"""{"space":"{{space}}","claim":"{{claim}}"}""" : $$"""{"space":"{{space}}","commit":{{commit}}}""";
        return (await _queue.SendMessageAsync(isBase64 ? Convert.ToBase64String(Encoding.UTF8.GetBytes(text)) : text, Cancelled)).Value.MessageId;
    }

    /// <summary>A message that is no commit.</summary>
    public Task SendTextAsync(string text) => _queue.SendMessageAsync(text, Cancelled);

    /// <summary>How many are left; those that somebody works on count too.</summary>
    public async Task<int> LeftAsync() => (await _queue.GetPropertiesAsync(Cancelled)).Value.ApproximateMessagesCount;

    /// <summary>Claim checks that are left, of those whose names begin so.</summary>
    public ValueTask<int> ClaimsAsync(string prefix) => _claims.GetBlobsAsync(prefix: prefix, cancellationToken: Cancelled).CountAsync(Cancelled);
}
