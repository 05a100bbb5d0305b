using System.Text;
using Cairn.Diagnostics;
using Cairn.Formats;
using Cairn.Model;
using Cairn.Primitives;
using Cairn.Reconciliation.Changes;
using Cairn.Storage.Lookups;

namespace Cairn.Reconciliation.Lookups;

/// <summary>
/// Brings the lookups index of one open space forward, round by round: follows the changes behind its watermark, or writes the whole space where there is none or those
/// changes are no longer kept. Thread-safe.
/// </summary>
/// <remarks>
/// Invariants: one round at a time; a watermark is advanced only behind the documents that hold all up to it; whatever is written twice, or late, changes nothing, since
/// the index keeps the later state of a concept. So processes that project the same space at once do no harm; that they do no needless work either, each
/// leaves it to the one that wrote the watermark last, as long as that one goes on. This is not tied to the writing of checkpoints, which a small space never needs.
/// </remarks>
internal sealed class LookupsProjector : IAsyncDisposable
{
    private const int IdsBetweenWatermarks = 2_000;
    private static readonly TimeSpan LongestDelay = TimeSpan.FromMinutes(1), ClosingPatience = TimeSpan.FromSeconds(2);

    private readonly Incarnation _life;
    private readonly Reconciler _reconciler;
    private readonly ChangeFeed _changes;
    private readonly ILookupsIndex _index;
    private readonly LookupsOptions _options;
    private readonly TimeProvider _time;
    private readonly WriterId _writer;
    private readonly IEngineObserver _observer;
    private readonly LookupChunks _chunks;
    private readonly SemaphoreSlim _turn = new(1);
    private readonly CancellationTokenSource _stop = new();
    private readonly Task _loop;
    private LookupsWatermark? _newest;
    private bool _isGone;
    private bool _hasFailed;

    public LookupsProjector(Incarnation life, Reconciler reconciler, ChangeFeed changes, ILookupsIndex index, LookupsOptions options, EngineServices services)
    {
        (_life, _reconciler, _changes, _index, _options) = (life, reconciler, changes, index, options);
        (_time, _writer, _observer) = (services.Time, new(services.NewId()), services.Observer);
        _chunks = new(reconciler, new(life));
        _loop = RunAsync();
    }

    /// <summary>How far the index was brought, as this process last saw it; null: it did not look yet.</summary>
    public LookupsWatermark? Newest => Volatile.Read(ref _newest);

    /// <summary>One round now, unless it is another process's turn.</summary>
    /// <exception cref="CairnException">Unavailable, Throttled: the index. Unavailable, Corrupt: the log.</exception>
    public async ValueTask ProjectAsync(CancellationToken cancellationToken)
    {
        await _turn.WaitAsync(cancellationToken).ConfigureAwait(false);
        try
        {
            await RoundAsync(cancellationToken).ConfigureAwait(false);
        }
        finally
        {
            _turn.Release();
        }
    }

    /// <summary>
    /// Ends the rounds with a last, short one, so that what was written last can be looked up; but not if the one before failed, since whoever closes waits. Nothing is applied
    /// any more, and the log is still open.
    /// </summary>
    public async ValueTask DisposeAsync()
    {
        await AbandonAsync().ConfigureAwait(false);
        if (!_hasFailed)
        {
            using var limit = new CancellationTokenSource(ClosingPatience, _time);
            await TryAsync(limit.Token).ConfigureAwait(false);
        }
    }

    /// <summary>Ends the rounds: the space is being deleted.</summary>
    public async ValueTask AbandonAsync()
    {
        await _stop.CancelAsync().ConfigureAwait(false);
        await _loop.ConfigureAwait(false);
    }

    private async Task RunAsync()
    {
        var delay = _options.Interval;
        try
        {
            while (!_isGone)
            {
                await Task.Delay(delay, _time, _stop.Token).ConfigureAwait(false);
                var failure = await TryAsync(_stop.Token).ConfigureAwait(false);
                delay = failure is null ? _options.Interval : DelayAfter(failure, delay);
            }
        }
        catch (OperationCanceledException) when (_stop.IsCancellationRequested)
        {
        }
    }

    private static TimeSpan DelayAfter(Exception failure, TimeSpan last)
    {
        var asked = (failure as CairnException)?.RetryAfter ?? last * 2;
        return asked > LongestDelay ? LongestDelay : asked > last ? asked : last;
    }

    // Nobody is there to be thrown at. What goes wrong is told, and tried again.
    private async ValueTask<Exception?> TryAsync(CancellationToken cancellationToken)
    {
        try
        {
            await ProjectAsync(cancellationToken).ConfigureAwait(false);
            _hasFailed = false;
            return null;
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            return null;
        }
        catch (Exception failure)
        {
            _hasFailed = true;
            _observer.ProjectionFailed(failure);
            return failure;
        }
    }

    private async ValueTask RoundAsync(CancellationToken cancellationToken)
    {
        if (_isGone || (Newest is { } last && IsDone(last)))
        {
            return;
        }

        var mark = See(await _index.FindWatermarkAsync(_life, cancellationToken).ConfigureAwait(false));
        _isGone = mark is { IsDropped: true };
        if (_isGone || (mark is not null && (IsDone(mark) || IsAnothersTurn(mark) || IsAhead(mark))))
        {
            return;
        }

        mark ??= new();
        var isFollowed = mark.Rebuild is null && mark.Position > LogPosition.Zero && await TryFollowAsync(mark, cancellationToken).ConfigureAwait(false);
        if (!isFollowed && await RebuildAsync(mark, cancellationToken).ConfigureAwait(false) is { } whole && !IsDone(whole))
        {
            await TryFollowAsync(whole, cancellationToken).ConfigureAwait(false);
        }
    }

    private bool IsDone(LookupsWatermark mark) => mark.Rebuild is null && mark.Position >= _reconciler.Newest.Position;

    private bool IsAnothersTurn(LookupsWatermark mark) => mark.Writer != _writer && Now().Since(mark.WrittenAt) < _options.Patience;

    // Who goes on with a writing that began at a position which he has not seen would put older states under it, and nobody would look at them again.
    private bool IsAhead(LookupsWatermark mark) => mark.Rebuild is { } rebuild && rebuild.Base > _reconciler.Newest.Position;

    // False: not all of the changes are kept any more.
    private async ValueTask<bool> TryFollowAsync(LookupsWatermark mark, CancellationToken cancellationToken)
    {
        try
        {
            await FollowAsync(mark, cancellationToken).ConfigureAwait(false);
            return true;
        }
        catch (CairnException failure) when (failure.Problem is "not-retained" or "wrong-cursor")
        {
            return false;
        }
    }

    private async ValueTask FollowAsync(LookupsWatermark begin, CancellationToken cancellationToken)
    {
        using var reader = new ChangeReader(_changes, begin.Position);
        var touched = new HashSet<string>(StringComparer.Ordinal);
        for (var mark = begin; mark is not null;)
        {
            var (now, visible) = (Now(), _reconciler.Newest.Position);
            var changes = await reader.ReadAsync(ChangeFeed.PageChanges, cancellationToken).ConfigureAwait(false);
            foreach (var change in changes)
            {
                Collect(change, touched);
            }

            if (changes.Count > 0 && touched.Count < IdsBetweenWatermarks)
            {
                continue;
            }

            await WriteAsync([.. touched.Select(Encoding.UTF8.GetBytes)], cancellationToken).ConfigureAwait(false);
            touched.Clear();
            if (reader.Position > mark.Position)
            {
                var currentAt = reader.Position >= visible ? now : mark.CurrentAt;
                mark = await AdvanceAsync(mark with { Position = reader.Position, CurrentAt = currentAt }, cancellationToken).ConfigureAwait(false);
            }

            if (changes.Count == 0)
            {
                return;
            }
        }
    }

    private static void Collect(Change change, HashSet<string> touched)
    {
        var reader = new CommitReader(change.Body);
        for (var i = 0; reader.TryReadOperation(out var operation); i++)
        {
            if (!operation.IsAssociation && change.Results[i].Effect is Effect.Created or Effect.Updated or Effect.Deleted)
            {
                touched.Add(Encoding.UTF8.GetString(operation.Id));
            }
        }
    }

    private async ValueTask WriteAsync(byte[][] ids, CancellationToken cancellationToken)
    {
        for (var at = 0; at < ids.Length;)
        {
            await _index.WriteAsync(_life, _chunks.Of(ids, ref at), cancellationToken).ConfigureAwait(false);
        }
    }

    // What was done before a crash is not done again; what changed since then is among the changes that are followed afterwards.
    private async ValueTask<LookupsWatermark?> RebuildAsync(LookupsWatermark begin, CancellationToken cancellationToken)
    {
        var now = Now();
        var rebuild = begin.Rebuild ?? new(_reconciler.Newest.Position, default, now);
        var mark = await AdvanceAsync(begin with { Rebuild = rebuild }, cancellationToken).ConfigureAwait(false);
        while (mark is not null && _chunks.After(rebuild.After) is { Count: > 0 } chunk)
        {
            await _index.WriteAsync(_life, chunk, cancellationToken).ConfigureAwait(false);
            rebuild = rebuild with { After = chunk[^1].Id };
            mark = await AdvanceAsync(mark with { Rebuild = rebuild }, cancellationToken).ConfigureAwait(false);
        }

        return mark is not null && await RemoveLostAsync(mark, cancellationToken).ConfigureAwait(false) is { } last
            ? await AdvanceAsync(last with { Position = rebuild.Base, CurrentAt = rebuild.BeganAt, Rebuild = null }, cancellationToken).ConfigureAwait(false)
            : null;
    }

    private async ValueTask<LookupsWatermark?> RemoveLostAsync(LookupsWatermark begin, CancellationToken cancellationToken)
    {
        LookupsWatermark? mark = begin;
        var (after, isLast) = (default(ReadOnlyMemory<byte>), false);
        while (mark is not null && !isLast)
        {
            var page = await _index.QueryAsync(_life, new(null, after, ILookupsIndex.MaxPage) { IsBare = true }, cancellationToken).ConfigureAwait(false);
            if (_chunks.Lost(page.Documents) is { Count: > 0 } lost)
            {
                await _index.WriteAsync(_life, lost, cancellationToken).ConfigureAwait(false);
            }

            (after, isLast) = (page.Documents.Count > 0 ? page.Documents[^1].Id : after, page.IsLast);
            mark = isLast ? mark : await AdvanceAsync(mark, cancellationToken).ConfigureAwait(false);
        }

        return mark;
    }

    // Null: another process goes on from here.
    private async ValueTask<LookupsWatermark?> AdvanceAsync(LookupsWatermark next, CancellationToken cancellationToken)
    {
        var snapshot = _reconciler.Newest;
        var wanted = next with { LogClock = snapshot.LogClock, Settings = snapshot.Settings, Writer = _writer, WrittenAt = Now() };
        return See(await _index.TryAdvanceAsync(_life, wanted, cancellationToken).ConfigureAwait(false));
    }

    private LookupsWatermark? See(LookupsWatermark? mark)
    {
        Volatile.Write(ref _newest, mark);
        return mark;
    }

    private Timestamp Now() => Timestamp.From(_time.GetUtcNow());
}
