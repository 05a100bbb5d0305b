using System.Text;
using Cairn.Diagnostics;
using Cairn.Formats;
using Cairn.Model;
using Cairn.Primitives;
using Cairn.Reconciliation.Checkpoints;
using Cairn.Snapshots;
using Cairn.Storage;

namespace Cairn.Reconciliation.Embedding;

/// <summary>
/// Has the texts of a space's concepts embedded by a remote model, behind the commits: looks through each new snapshot for those that lack a vector, asks for them batch by batch, and
/// writes them to the log. Nobody who writes waits for it.
/// Invariants: one batch is on its way at a time; replay, not the worker, decides whether a vector is kept; the model serves at once where none did, else when no concept lacks its
/// vector any more.
/// </summary>
internal sealed class EmbeddingWorker : IAsyncDisposable
{
    /// <summary>Texts that the model refuses and that are remembered, so that they are not asked for again before the space is opened anew.</summary>
    public const int MaxRefused = 100_000;

    // What is written together is embedded together.
    private static readonly TimeSpan Gathering = TimeSpan.FromMilliseconds(200), LongestSleep = TimeSpan.FromHours(1);

    private readonly Reconciler _reconciler;
    private readonly SpaceWriter _writer;
    private readonly IEmbedder _embedder;
    private readonly SpaceClock _clock;
    private readonly IEngineObserver _observer;
    private readonly EmbeddingScan _scan;
    private readonly EmbeddingBatch _batch;
    private readonly RetryPace _pace = new();
    private readonly HashSet<ulong> _refused = [];
    private readonly CancellationTokenSource _stop = new();
    private readonly Task _loop;
    private long _waiting;
    private string? _failure;

    public EmbeddingWorker(Reconciler reconciler, SpaceWriter writer, IEmbedder embedder, SpaceClock clock, IEngineObserver observer)
    {
        (_reconciler, _writer, _embedder, _clock, _observer) = (reconciler, writer, embedder, clock, observer);
        (_scan, _batch) = (new(EmbeddingsBody.KeyOf(embedder.Model)), new(embedder.MaxTexts));
        _loop = Task.Run(RunAsync);
    }

    /// <summary>How far it is. Any thread.</summary>
    public EmbeddingProgress Progress => new(_embedder.Model, Volatile.Read(ref _waiting), _reconciler.Embedded, Volatile.Read(ref _failure));

    /// <summary>Ends it; what the model has not answered yet is asked for again when the space is opened.</summary>
    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync().ConfigureAwait(false);
        await _loop.ConfigureAwait(false);
        _stop.Dispose();
    }

    // This loop has nobody to throw to. What goes wrong is told; the next time may do better, unless the space has stopped.
    private async Task RunAsync()
    {
        try
        {
            while (_writer.Failure is null)
            {
                var snapshot = _reconciler.Newest;
                try
                {
                    await RoundAsync(snapshot, _stop.Token).ConfigureAwait(false);
                    _pace.Succeed();
                    Volatile.Write(ref _failure, null);
                }
                catch (Exception failure) when (!_stop.IsCancellationRequested)
                {
                    await FailAsync(failure).ConfigureAwait(false);
                    continue;
                }

                await _reconciler.WaitUntilAsync(() => _reconciler.Newest.Position > snapshot.Position, LongestSleep, _clock.Time, _stop.Token).ConfigureAwait(false);
                await Task.Delay(Gathering, _clock.Time, _stop.Token).ConfigureAwait(false);
            }
        }
        catch (OperationCanceledException) when (_stop.IsCancellationRequested)
        {
        }
    }

    private async ValueTask FailAsync(Exception failure)
    {
        Volatile.Write(ref _failure, failure.Message);
        if (_pace.Fail(failure))
        {
            _observer.EmbeddingFailed(failure);
        }

        var asked = (failure as CairnException)?.RetryAfter ?? TimeSpan.Zero;
        await Task.Delay(asked > _pace.Pause ? asked : _pace.Pause, _clock.Time, _stop.Token).ConfigureAwait(false);
    }

    private async ValueTask RoundAsync(Snapshot snapshot, CancellationToken cancellationToken)
    {
        _scan.Run(snapshot, _clock.Now(snapshot.LogClock), cancellationToken);
        Volatile.Write(ref _waiting, _scan.Count);
        var isNamed = false;
        for (var next = _batch.Fill(snapshot, _scan.Rows, 0, _refused); _batch.Texts.Count > 0; next = _batch.Fill(snapshot, _scan.Rows, next, _refused))
        {
            if (!isNamed)
            {
                await NameAsync(cancellationToken).ConfigureAwait(false);
                isNamed = true;
            }

            await EmbedAsync(snapshot, cancellationToken).ConfigureAwait(false);
            Volatile.Write(ref _waiting, _scan.Count - next);
        }

        _scan.Accept(snapshot);
        if (_scan.Count <= EmbeddingScan.MaxRows)
        {
            Volatile.Write(ref _waiting, 0);
            if (!isNamed)
            {
                await ServeAsync(cancellationToken).ConfigureAwait(false);
            }
        }
    }

    private async ValueTask EmbedAsync(Snapshot snapshot, CancellationToken cancellationToken)
    {
        IReadOnlyList<float[]?> vectors;
        try
        {
            vectors = await _embedder.EmbedAsync(_batch.Texts, cancellationToken).ConfigureAwait(false);
        }
        catch (CairnException refused) when (refused.Kind == ErrorKind.Invalid && _batch.Texts.Count == 1)
        {
            Refuse(0);
            return;
        }

        EmbeddingsWriter? frame = null;
        for (var i = 0; i < vectors.Count; i++)
        {
            if (vectors[i] is not { } vector)
            {
                Refuse(i);
                continue;
            }

            var (row, hash) = _batch.Concepts[i];
            frame ??= new(Encoding.UTF8.GetBytes(_embedder.Model), vector.Length);
            if (!frame.TryAdd(snapshot.Ids[row], hash, vector))
            {
                await WriteAsync(PendingWrite.Embeddings(frame.Finish()), cancellationToken).ConfigureAwait(false);
                Invariant.Require(frame.TryAdd(snapshot.Ids[row], hash, vector), "an empty frame holds any embedding");
            }
        }

        if (frame is { Count: > 0 })
        {
            await WriteAsync(PendingWrite.Embeddings(frame.Finish()), cancellationToken).ConfigureAwait(false);
        }
    }

    private void Refuse(int text)
    {
        if (_refused.Count < MaxRefused)
        {
            _refused.Add(_batch.Concepts[text].Hash);
        }
    }

    // Before the first vectors: replay keeps those of the models that the settings name.
    private async ValueTask NameAsync(CancellationToken cancellationToken)
    {
        var (model, settings) = (_embedder.Model, _reconciler.Newest.Settings);
        if (settings.EmbeddingModel != model && (settings.EmbeddingModel is null || settings.NextEmbeddingModel != model))
        {
            await WriteAsync(
                PendingWrite.Configuration(now => now.EmbeddingModel is null ? now with { EmbeddingModel = model } : now with { NextEmbeddingModel = model }),
                cancellationToken).ConfigureAwait(false);
        }
    }

    // Nothing lacks a vector of the model: if another one serves, it takes over.
    private async ValueTask ServeAsync(CancellationToken cancellationToken)
    {
        var (model, settings) = (_embedder.Model, _reconciler.Newest.Settings);
        if (settings.EmbeddingModel is not null && (settings.EmbeddingModel != model || settings.NextEmbeddingModel is not null))
        {
            await WriteAsync(PendingWrite.Configuration(now => now with { EmbeddingModel = model, NextEmbeddingModel = null }), cancellationToken).ConfigureAwait(false);
        }
    }

    private async ValueTask WriteAsync(PendingWrite write, CancellationToken cancellationToken)
    {
        if (!_writer.TryAdd(write))
        {
            throw new CairnException(ErrorKind.Throttled, "the space takes no embeddings now");
        }

        await write.Outcome.WaitAsync(cancellationToken).ConfigureAwait(false);
    }
}

/// <summary>How far the vectors of a remote model are.</summary>
/// <param name="Model">The model.</param>
/// <param name="Waiting">Concepts that lack one, as of the last look.</param>
/// <param name="Embedded">Vectors kept since the process opened the space.</param>
/// <param name="Failure">Why the last try failed; null: it did not.</param>
public sealed record EmbeddingProgress(string Model, long Waiting, long Embedded, string? Failure);
