using Cairn.Columns;
using Cairn.Formats;

namespace Cairn.Text;

/// <summary>The postings that a run has of a term.</summary>
/// <param name="Run">The run.</param>
/// <param name="Place">Where they are in it.</param>
internal readonly record struct StoredList(TextRun Run, TermPlace Place);

/// <summary>
/// A run of a checkpoint, for reading: chunks are loaded when they are first needed, and kept. Immutable; any thread, but for what <see cref="Once"/> makes.
/// </summary>
internal sealed class TextRun
{
    private readonly StoredRun _stored;
    private readonly Spine<TermChunk> _terms;
    private readonly Spine<PostingChunk> _postings;

    private readonly bool _keeps = true;

    // Of one that keeps nothing: what was read last, since one term follows the other in it.
    private (int Number, TermChunk? Chunk) _lastTerms;
    private (int Number, PostingChunk? Chunk) _lastPostings;

    /// <param name="stored">What it is.</param>
    /// <param name="chunks">Its chunks.</param>
    public TextRun(StoredRun stored, IChunkSections chunks)
    {
        _stored = stored;
        _terms = LazyChunks.Of(chunks.Chunks(stored.TermsSection, stored.TermChunks, bytes => TermChunk.Read(bytes, stored)));
        _postings = LazyChunks.Of(chunks.Chunks(stored.PostingsSection, stored.PostingChunks, bytes => PostingChunk.Read(bytes, stored)));
    }

    private TextRun(TextRun run) => (_stored, _terms, _postings, _keeps) = (run._stored, run._terms, run._postings, false);

    /// <summary>The document behind its last.</summary>
    public int End => _stored.End;

    /// <summary>Chunks of its dictionary.</summary>
    public int TermChunks => _stored.TermChunks;

    /// <summary>Bytes of what is loaded, about.</summary>
    public long Bytes => (LazyChunks.CountLoaded(_terms) * TermChunk.MemoryBytes) + (LazyChunks.CountLoaded(_postings) * PostingChunk.MemoryBytes);

    /// <summary>The same for one walk over all of it by one thread: what it loads is not kept.</summary>
    public TextRun Once() => new(this);

    /// <summary>The chunk of the dictionary that a term is in, if it is in any; −1: in none.</summary>
    public int ChunkOf(ReadOnlySpan<byte> term)
    {
        var (low, high) = (0, TermChunks);
        while (low < high)
        {
            var middle = (low + high) >>> 1;
            (low, high) = _stored.Fences[middle].AsSpan().SequenceCompareTo(term) <= 0 ? (middle + 1, high) : (low, middle);
        }

        return low - 1;
    }

    /// <summary>A chunk of the dictionary.</summary>
    /// <exception cref="Primitives.CairnException">Corrupt, Unavailable.</exception>
    public TermChunk Terms(int chunk)
    {
        var terms = _keeps ? _terms[chunk]! : ReadOnce(_terms, chunk, ref _lastTerms);
        var isBetweenFences = terms[0].SequenceEqual(_stored.Fences[chunk])
            && (chunk + 1 == TermChunks || terms[terms.Count - 1].SequenceCompareTo(_stored.Fences[chunk + 1]) < 0);
        return isBetweenFences ? terms : throw Malformed.Because($"chunk {chunk} of a dictionary of terms has others than the state of its index says");
    }

    /// <summary>A chunk of the postings.</summary>
    /// <exception cref="Primitives.CairnException">Corrupt: a list goes on where there is none, or it is damaged. Unavailable.</exception>
    public PostingChunk Postings(int chunk)
    {
        if (chunk >= _stored.PostingChunks)
        {
            throw Malformed.Because("a list of postings goes on behind the last chunk of its run");
        }

        return _keeps ? _postings[chunk]! : ReadOnce(_postings, chunk, ref _lastPostings);
    }

    /// <summary>The postings of a term.</summary>
    public bool TryFind(ReadOnlySpan<byte> term, out StoredList list)
    {
        list = default;
        var chunk = ChunkOf(term);
        if (chunk < 0)
        {
            return false;
        }

        var terms = Terms(chunk);
        var at = terms.LowerBound(term);
        if (at == terms.Count || !terms[at].SequenceEqual(term))
        {
            return false;
        }

        list = new(this, terms.Place(at));
        return true;
    }

    private static T ReadOnce<T>(in Spine<T> chunks, int chunk, ref (int Number, T? Chunk) last)
        where T : class
    {
        if (last.Chunk is null || last.Number != chunk)
        {
            last = (chunk, chunks.ReadOnce(chunk));
        }

        return last.Chunk!;
    }
}
