using Cairn.Formats.Segments;
using Cairn.Primitives;

namespace Cairn.Text;

/// <summary>Writes what was added to a text index since it was last stored: documents, and a run of their postings. Any thread; the index may go on meanwhile.</summary>
internal static class StoredTextWriter
{
    /// <summary>Stores a view.</summary>
    /// <param name="view">What is stored.</param>
    /// <param name="before">What was stored last of the same index (<see cref="TextView.Lineage"/>), or of what it was opened from; null: nothing, so that all is written.</param>
    /// <param name="output">Takes the chunks.</param>
    /// <param name="cancellationToken">Ends the writing.</param>
    /// <returns>What a checkpoint that has these chunks, and behind them those of before, keeps of the index.</returns>
    /// <exception cref="CairnException">Corrupt, Unavailable: of what the view has to read for it.</exception>
    public static async ValueTask<StoredText> WriteAsync(TextView view, StoredText? before, IChunkOutput output, CancellationToken cancellationToken)
    {
        Invariant.Require(before is null || (before.Documents <= view.Documents && before.Language == view.Language), "a text index is stored on top of its own earlier state");
        var (runs, start) = (new List<StoredRun>(before?.Runs ?? []), before?.Documents ?? 0);
        if (start < view.Documents)
        {
            await WriteDocumentsAsync(view, start, output, cancellationToken).ConfigureAwait(false);

            // A run that is not larger than what is behind it is written again with that: each is larger than all behind it together, so that they are few.
            for (; runs.Count > 0 && runs[^1].End - runs[^1].First <= view.Documents - runs[^1].End; runs.RemoveAt(runs.Count - 1))
            {
                start = runs[^1].First;
            }

            runs.Add(await new RunWriter(view, start, output).WriteAsync(cancellationToken).ConfigureAwait(false));
        }

        return new()
        {
            Language = view.Language,
            Documents = view.Documents,
            LiveCount = view.LiveCount,
            LiveTerms = view.LiveTerms,
            Live = view.Live,
            Runs = runs,
        };
    }

    // Those before the first one are stored; of its chunk there may be some, and it is written again.
    private static async ValueTask WriteDocumentsAsync(TextView view, int first, IChunkOutput output, CancellationToken cancellationToken)
    {
        for (var chunk = first / TextDocuments.PerChunk; chunk < TextDocuments.ChunksFor(view.Documents); chunk++)
        {
            var bytes = TextDocuments.Write(view.ReadDocumentsOnce(chunk));
            await output.AddAsync(StoredText.DocumentsSection, chunk, bytes, cancellationToken).ConfigureAwait(false);
        }
    }

    /// <summary>Writes one run: of each term the postings of current documents from one on, and the dictionary.</summary>
    private sealed class RunWriter(TextView view, int first, IChunkOutput output)
    {
        private readonly PostingChunkWriter _postings = new();
        private readonly TermChunkWriter _terms = new();
        private StoredRun _run = new(first, view.Documents, 0, []);
        private int _termChunks;

        public async ValueTask<StoredRun> WriteAsync(CancellationToken cancellationToken)
        {
            for (var walk = view.WalkTermsOnce(first); walk.MoveNext();)
            {
                cancellationToken.ThrowIfCancellationRequested();
                var place = await WriteListAsync(walk.Term, cancellationToken).ConfigureAwait(false);
                if (place.Documents > 0 && _terms.Add(walk.Bytes, place, out var full))
                {
                    await AddTermsAsync(full, cancellationToken).ConfigureAwait(false);
                }
            }

            await AddPostingsAsync(_postings.Finish(), cancellationToken).ConfigureAwait(false);
            await AddTermsAsync(_terms.Finish(), cancellationToken).ConfigureAwait(false);
            return _run with { Fences = _terms.Fences };
        }

        private async ValueTask<TermPlace> WriteListAsync(TextTerm term, CancellationToken cancellationToken)
        {
            var cursor = view.Read(term);
            cursor.AdvanceTo(first);
            while (Append(ref cursor) is { } full)
            {
                await AddPostingsAsync(full, cancellationToken).ConfigureAwait(false);
            }

            var place = _postings.EndList();
            if (_postings.TryTake(out var last))
            {
                await AddPostingsAsync(last, cancellationToken).ConfigureAwait(false);
            }

            return place;
        }

        // Until a chunk is full, which it answers; null: the list is at its end.
        private byte[]? Append(ref PostingCursor cursor)
        {
            Span<byte> body = stackalloc byte[PostingLists.MaxBodyBytes];
            byte[]? full = null;
            for (; full is null && cursor.Document != PostingCursor.AtEnd; cursor.MoveNext())
            {
                if (view.IsLive(cursor.Document))
                {
                    _postings.Append(cursor.Document, body[..cursor.CopyBody(body)]);
                    _postings.TryTake(out full);
                }
            }

            return full;
        }

        private ValueTask AddPostingsAsync(byte[]? chunk, CancellationToken cancellationToken)
        {
            if (chunk is null)
            {
                return default;
            }

            _run = _run with { PostingChunks = _run.PostingChunks + 1 };
            return output.AddAsync(_run.PostingsSection, _run.PostingChunks - 1, chunk, cancellationToken);
        }

        private ValueTask AddTermsAsync(byte[]? chunk, CancellationToken cancellationToken) =>
            chunk is null ? default : output.AddAsync(_run.TermsSection, _termChunks++, chunk, cancellationToken);
    }
}
