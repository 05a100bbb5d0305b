using System.Net;
using System.Text;
using Cairn.Functions.Tests.Serving;

namespace Cairn.Functions.Tests.EndToEnd;

/// <summary>
/// Writes by HTTP to one of several processes. Where no answer tells what became of a write it goes again, with the same id, to the next process, until one acknowledges it.
/// Any number of writes at once.
/// </summary>
/// <param name="processes">Whom it writes to.</param>
/// <param name="acknowledged">Takes what was acknowledged.</param>
internal sealed class BurstClient(BurstProcesses processes, AcknowledgedCommits acknowledged)
{
    private const int MaxTries = 200;

    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(100);

    private int _unanswered;

    /// <summary>Requests that no answer came to.</summary>
    public int Unanswered => Volatile.Read(ref _unanswered);

    private static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    /// <param name="first">Which process is asked first; so in the others.</param>
    /// <param name="space">Where the concept goes.</param>
    /// <param name="concept">A new one.</param>
    public async Task PutAsync(int first, string space, string concept)
    {
        var id = $"put-{concept}";
        var reply = await SendAsync(first, HttpMethod.Put, $"{space}/concepts/{concept}", CommitText.Concept(concept), id, IsCommitted);
        acknowledged.AddPut(space, reply.Member("id")!, concept, reply["position"].GetInt64());
    }

    /// <summary>A commit of two new concepts.</summary>
    public Task CommitAsync(int first, string space, string concept) => CommitAsync(
        first, space, $"commit-{concept}", [CommitText.Put($"{concept}-a"), CommitText.Put($"{concept}-b")], ("created", $"{concept}-a"), ("created", $"{concept}-b"));

    /// <summary>A new concept, and behind it another commit, by another process, that deletes it.</summary>
    public async Task PutAndDeleteAsync(int first, string space, string concept)
    {
        await PutAsync(first, space, concept);
        await CommitAsync(first + 1, space, $"delete-{concept}", [$$"""{"op":"delete","id":"{{concept}}"}"""], ("deleted", concept));
    }

    /// <summary>New concepts, each by a line of its own; the first is a large one.</summary>
    public async Task IngestAsync(int first, string space, string key, string[] concepts, int largeBytes)
    {
        var lines = string.Join('\n', concepts.Select((concept, i) => CommitText.Put(concept, i == 0 ? largeBytes : 10)));
        var reply = await SendAsync(
            first, HttpMethod.Post, $"{space}/ingest?ids=true", lines, key, reply => reply.Status == HttpStatusCode.Accepted && reply["rejected"].GetArrayLength() == 0);
        var ids = concepts.Select((_, i) => $"{key}/{i + 1}").ToList();
        Assert.Equal(ids.Order(StringComparer.Ordinal), reply["ids"].EnumerateArray().Select(static id => id.GetString()).Order(StringComparer.Ordinal));
        foreach (var (id, concept) in ids.Zip(concepts))
        {
            acknowledged.AddPut(space, id, concept);
        }
    }

    private async Task CommitAsync(int first, string space, string id, string[] operations, params (string Effect, string Concept)[] effects)
    {
        var reply = await SendAsync(first, HttpMethod.Post, $"{space}/commits", CommitText.Commit(id, operations), id, IsCommitted);
        acknowledged.Add(space, reply.Member("id")!, effects, reply["position"].GetInt64());
    }

    private static bool IsCommitted(Reply reply) => reply.Status is HttpStatusCode.OK or HttpStatusCode.Created && reply.Member("outcome") == "committed";

    private async Task<Reply> SendAsync(int first, HttpMethod method, string path, string body, string id, Func<Reply, bool> isTaken)
    {
        for (var tries = 0; tries < MaxTries; tries++)
        {
            try
            {
                using var request = new HttpRequestMessage(method, $"/v1/spaces/{path}");
                request.Headers.Add("Idempotency-Key", id);
                request.Content = new StringContent(body, Encoding.UTF8, path.Contains("/ingest", StringComparison.Ordinal) ? "application/x-ndjson" : "application/json");
                using var response = await processes[first + tries].Client.SendAsync(request, Cancelled);
                var reply = await Reply.ReadAsync(response);
                if (isTaken(reply))
                {
                    return reply;
                }

                Assert.True(reply.Status is HttpStatusCode.ServiceUnavailable or HttpStatusCode.TooManyRequests or HttpStatusCode.Accepted, $"{id}: {(int)reply.Status} {reply.Text}");
            }
            catch (HttpRequestException)
            {
                Interlocked.Increment(ref _unanswered);
            }

            await Task.Delay(Pause, Cancelled);
        }

        throw new TimeoutException($"{id} was never acknowledged");
    }
}
