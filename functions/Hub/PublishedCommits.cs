using Cairn.Model;
using Cairn.Reconciliation;

namespace Cairn.Functions.Hub;

/// <summary>
/// The commits of one request that went to the hub. All are in one partition, which is applied in order: when the last is seen, all are decided. One thread.
/// </summary>
/// <param name="space">Where they go.</param>
/// <param name="areAwaited">Their outcomes are asked for.</param>
internal sealed class PublishedCommits(Space space, bool areAwaited)
{
    /// <summary>More are not counted: the request is answered as if nobody waited.</summary>
    public const int MaxAwaited = 100_000;

    private readonly List<byte[]> _awaited = [];
    private long _count;

    /// <summary>The id of the last; null: none went.</summary>
    public byte[]? Last { get; private set; }

    public void Add(ReadOnlySpan<byte> id)
    {
        Last = id.ToArray();
        _count++;
        if (areAwaited && _awaited.Count < MaxAwaited)
        {
            _awaited.Add(Last);
        }
    }

    /// <summary>Waits until all are decided.</summary>
    /// <returns>How many of them were committed; null: not within the wait, or there are too many.</returns>
    public async ValueTask<long?> WaitAsync(TimeSpan wait, CancellationToken cancellationToken)
    {
        if (_count > _awaited.Count || (Last is { } last && await space.WaitForCommitAsync(last, wait, cancellationToken) is null))
        {
            return null;
        }

        return _awaited.LongCount(id => space.FindCommit(id)?.Kind == OutcomeKind.Committed);
    }
}
