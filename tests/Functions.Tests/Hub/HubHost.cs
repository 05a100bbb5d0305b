using System.Net;
using System.Text;
using Cairn.Functions.Tests.Triggers;
using Cairn.Infra.Tests.EventHubs;

namespace Cairn.Functions.Tests.Hub;

/// <summary>
/// Hands the events of a hub out as the Functions host does: for each partition one batch at a time, in order, from its checkpoint on, which moves behind an answer of
/// 2xx and stays where it is behind any other, or none.
/// </summary>
/// <param name="hub">Whose events.</param>
/// <param name="client">Whom they are posted to; asked before each batch, since it may be another process by then.</param>
internal sealed class HubHost(HubStandIn hub, Func<HttpClient> client)
{
    /// <summary>As host.json says.</summary>
    public const int MaxBatch = 100;

    private readonly long[] _checkpoints = new long[hub.PartitionCount];

    /// <summary>Each so many batches one is handed out again, as after a checkpoint that was lost; zero: none is.</summary>
    public int RepeatsEach { get; init; }

    /// <summary>Batches that were taken.</summary>
    public int Batches { get; private set; }

    /// <summary>All that there is was taken.</summary>
    public bool IsDone => Enumerable.Range(0, hub.PartitionCount).All(each => hub.Read(each, Volatile.Read(ref _checkpoints[each]), 1).Count == 0);

    /// <summary>Hands out all that there is, and stops at the first batch that is refused.</summary>
    public async Task<bool> DeliverAsync()
    {
        for (var partition = 0; partition < hub.PartitionCount; partition++)
        {
            while (hub.Read(partition, _checkpoints[partition], MaxBatch) is { Count: > 0 } batch)
            {
                if (!await PostAsync(partition, batch))
                {
                    return false;
                }

                Batches++;
                Volatile.Write(ref _checkpoints[partition], _checkpoints[partition] + (RepeatsEach > 0 && Batches % RepeatsEach == 0 ? 0 : batch.Count));
            }
        }

        return true;
    }

    /// <summary>Hands out what comes, until it is told to stop; a batch that is refused is tried again.</summary>
    public Task RunAsync(CancellationToken stop) => Task.Run(
        async () =>
        {
            while (!stop.IsCancellationRequested)
            {
                await DeliverAsync();
                await Task.Delay(20, CancellationToken.None);
            }
        },
        CancellationToken.None);

    private async Task<bool> PostAsync(int partition, IReadOnlyList<StoredEvent> batch)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, "/ingest-events");
        request.Content = new StringContent(HubPayload.Of($"{partition}", batch), Encoding.UTF8, "application/json");
        request.Headers.Add("X-Azure-Functions-InvocationId", Guid.NewGuid().ToString());
        try
        {
            using var response = await client().SendAsync(request);
            return response.StatusCode == HttpStatusCode.OK;
        }
        catch (HttpRequestException)
        {
            return false; // it was killed
        }
    }
}
