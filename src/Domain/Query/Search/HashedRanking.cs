using Cairn.Embeddings;
using Cairn.Snapshots;
using Cairn.Text;
using Cairn.Vectors;

namespace Cairn.Query.Search;

/// <summary>
/// The concepts whose texts are nearest to the query's by the built-in model, the nearest first. The query's terms weigh by how rare they are, and what was found by words says what else may be meant.
/// Invariant: terms are counted exactly, so that it follows from the snapshot and the query alone, whatever is written meanwhile.
/// </summary>
/// <param name="query">What is searched for.</param>
/// <param name="snapshot">Where.</param>
/// <param name="text">Counts the terms.</param>
/// <param name="vectors">Of the concepts' texts.</param>
/// <param name="filter">Which rows may be found.</param>
/// <param name="limit">How many are found at most.</param>
/// <param name="found">What the ranking by words has found.</param>
internal sealed class HashedRanking(
    SearchQuery query, Snapshot snapshot, TextView text, VectorView vectors, SearchFilter filter, int limit, IReadOnlyList<RankedRow> found)
    : Scan<IReadOnlyList<RankedRow>>
{
    // Cosines of texts that share nothing lie about 0, with a deviation of one by the root of the components: three of them chance rarely reaches. Whole texts share common
    // words with many others: what they were added to has to be nearer.
    private static readonly float Deviation = 1 / MathF.Sqrt(HashingModel.Dimensions), ByChance = 3 * Deviation, ByCommonWords = 5 * Deviation;

    private readonly Dictionary<TextTerm, int> _counts = [];
    private Queue<TextTerm>? _uncounted;
    private SketchSearch<SearchFilter>? _search;

    public override IReadOnlyList<RankedRow> Result => _search?.Result ?? [];

    public override bool Step()
    {
        _uncounted ??= Terms();
        if (_uncounted.TryDequeue(out var term))
        {
            _counts[term] = text.Count(term);
            return true;
        }

        _search ??= Begin();
        if (_search is null)
        {
            return false;
        }

        _search.Deadline = Deadline;
        var goesOn = _search.Step();
        RowsVisited = _search.RowsVisited;
        return goesOn;
    }

    // Those whose postings have to be read for it.
    private Queue<TextTerm> Terms()
    {
        Span<byte> buffer = stackalloc byte[Cairn.Text.Terms.MaxBytes];
        var uncounted = new Queue<TextTerm>();
        var reader = new TermReader(query.Text.Span, text.Language, buffer);
        while (reader.MoveNext())
        {
            var term = text.FindTerm(reader.Term);
            if (_counts.ContainsKey(term))
            {
                continue;
            }

            if (!text.TryCount(term, out var count))
            {
                uncounted.Enqueue(term);
            }

            _counts.Add(term, count);
        }

        return uncounted;
    }

    // Null: none of the query's words says anything.
    private SketchSearch<SearchFilter>? Begin()
    {
        var vector = new float[HashingModel.Dimensions];
        if (!HashingModel.TryEmbed(query.Text.Span, text.Language, vector, term => Bm25.InverseDocumentFrequency(text.LiveCount, CountOf(term))))
        {
            return null;
        }

        var feedback = VectorsOfFound();
        RelevanceFeedback.Apply(vector, feedback);
        return new(vectors, new(vector, vectors.Spec), snapshot.Ids, filter, limit, feedback.Count > 0 ? ByCommonWords : ByChance);
    }

    // A term that a writer has added since they were counted is in no text of this snapshot.
    private int CountOf(ReadOnlySpan<byte> term) => _counts.GetValueOrDefault(text.FindTerm(term));

    private List<ReadOnlyMemory<float>> VectorsOfFound()
    {
        var relevant = new List<ReadOnlyMemory<float>>();
        foreach (var row in found.Take(RelevanceFeedback.Texts))
        {
            var vector = new float[HashingModel.Dimensions];
            if (vectors.TryFind(row.Row, out var block, out var slot))
            {
                VectorEncoding.AddDecoded(block.Codes(slot), block[slot].Scale, vector);
                relevant.Add(vector);
            }
            else if (TryEmbed(row.Row, vector))
            {
                relevant.Add(vector);
            }
        }

        return relevant;
    }

    // The bits that the index has of it, so that nothing depends on whether it could be found there.
    private bool TryEmbed(int row, float[] vector)
    {
        Span<sbyte> codes = stackalloc sbyte[HashingModel.Dimensions];
        if (!HashingModel.TryEmbed(snapshot.Concept(row).WriteTextWithoutLabels(new byte[EmbeddedText.MaxBytes]), text.Language, vector)
            || !VectorEncoding.TryEncode(vector, vectors.Spec.Metric, codes, out var scale, out _))
        {
            return false;
        }

        Array.Clear(vector);
        VectorEncoding.AddDecoded(codes, scale, vector);
        return true;
    }
}
