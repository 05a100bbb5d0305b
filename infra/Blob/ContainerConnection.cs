using Cairn.Primitives;

namespace Cairn.Infra.Blob;

/// <summary>Sees to it once that the container is there, as soon as the service answers. Safe to use from many threads.</summary>
/// <remarks>
/// Invariants: one attempt at a time, which all who come meanwhile wait for; after one that failed, those who come within a second get the same answer,
/// so that requests to a service that does not answer are not each held up by attempts of their own.
/// </remarks>
internal sealed class ContainerConnection(AzureContainer container, TimeProvider time)
{
    private static readonly TimeSpan BetweenAttempts = TimeSpan.FromSeconds(1);

    private readonly Lock _gate = new();
    private Task? _attempt;
    private long _failedAt;
    private volatile bool _isThere;

    /// <summary>Returns when the container is there.</summary>
    /// <exception cref="CairnException">Unavailable: no answer, or no access.</exception>
    public ValueTask RequireAsync(CancellationToken cancellationToken) =>
        _isThere ? ValueTask.CompletedTask : new(Attempt().WaitAsync(cancellationToken));

    private Task Attempt()
    {
        lock (_gate)
        {
            var isOver = _attempt is null || (_attempt.IsFaulted && time.GetElapsedTime(_failedAt) >= BetweenAttempts);
            return isOver ? _attempt = TryAsync() : _attempt!;
        }
    }

    private async Task TryAsync()
    {
        await Task.Yield();
        try
        {
            await AzureFailure.GuardAsync(
                container.Retrying.Name,
                () => container.Retrying.CreateIfNotExistsAsync(cancellationToken: CancellationToken.None),
                CancellationToken.None).ConfigureAwait(false);
            _isThere = true;
        }
        catch
        {
            Volatile.Write(ref _failedAt, time.GetTimestamp());
            throw;
        }
    }
}
