using System.Numerics.Tensors;
using Cairn.Embeddings;
using Cairn.Model;
using Cairn.Primitives;
using Cairn.Snapshots;
using Cairn.Snapshots.Derived;
using Cairn.Text;
using Cairn.Vectors;

namespace Cairn.Query.Search;

/// <summary>
/// Puts back what is like something better ranked (Carbonell and Goldstein, "The use of MMR", SIGIR 1998): next comes, again and again, the hit whose score, by that of the best,
/// times 1 − d, less d times its likeness to the most alike of those before it, is greatest. Stateless; any thread.
/// </summary>
/// <remarks>How alike two concepts are: the cosine of their vectors if both have one, of the caller or the serving model, else that of the sets of terms of what is embedded of them.</remarks>
internal static class Diversity
{
    /// <summary>Hits that change places; those behind them keep theirs.</summary>
    public const int MostHits = 100;

    private static readonly KeyedHash Hash = new(0);

    /// <summary>Orders hits anew.</summary>
    /// <param name="snapshot">Theirs.</param>
    /// <param name="hits">The best first; changed.</param>
    /// <param name="diversity">d, 0 to 1.</param>
    public static void Apply(Snapshot snapshot, List<SearchHit> hits, double diversity)
    {
        var (count, buffer) = (Math.Min(hits.Count, MostHits), new byte[EmbeddedText.MaxBytes]);
        var left = hits.GetRange(0, count).ConvertAll(hit => new Candidate(hit, Likeness.Of(snapshot, hit.Row, buffer)));
        var best = count > 0 ? hits[0].Score : 0;
        for (var place = 0; place < count; place++)
        {
            var next = 0;
            for (var i = 1; i < left.Count; i++)
            {
                next = left[i].Worth(best, diversity) > left[next].Worth(best, diversity) ? i : next;
            }

            var chosen = left[next];
            left.RemoveAt(next);
            hits[place] = chosen.Hit;
            foreach (var candidate in left)
            {
                candidate.Nearest = Math.Max(candidate.Nearest, candidate.Likeness.To(chosen.Likeness));
            }
        }
    }

    private sealed class Candidate(SearchHit hit, Likeness likeness)
    {
        public SearchHit Hit => hit;

        public Likeness Likeness => likeness;

        public double Nearest { get; set; }

        public double Worth(double best, double diversity) => ((1 - diversity) * (best > 0 ? hit.Score / best : 0)) - (diversity * Nearest);
    }

    /// <summary>What two concepts are compared by.</summary>
    private sealed class Likeness(float[] vector, HashSet<ulong> terms)
    {
        private readonly float[] _vector = vector;
        private readonly HashSet<ulong> _terms = terms;

        public static Likeness Of(Snapshot snapshot, int row, byte[] buffer)
        {
            var concept = snapshot.Concept(row);
            return new(VectorOf(ConceptVectors.Of(concept, snapshot.ServingModel)), TermsOf(concept.WriteTextWithoutLabels(buffer), snapshot.Settings.Language));
        }

        // Two that have nothing in common that could be compared are not alike.
        public double To(Likeness other)
        {
            if (_vector.Length > 0 && _vector.Length == other._vector.Length)
            {
                var cosine = TensorPrimitives.CosineSimilarity<float>(_vector, other._vector);
                return float.IsFinite(cosine) ? Math.Max(cosine, 0) : 0;
            }

            var shared = 0;
            foreach (var term in _terms)
            {
                shared += other._terms.Contains(term) ? 1 : 0;
            }

            return shared == 0 ? 0 : shared / Math.Sqrt((double)_terms.Count * other._terms.Count);
        }

        private static float[] VectorOf(ReadOnlySpan<byte> bytes)
        {
            var vector = new float[VectorBytes.CountOf(bytes)];
            VectorBytes.CopyTo(bytes, vector);
            return vector;
        }

        private static HashSet<ulong> TermsOf(ReadOnlySpan<byte> text, TextLanguage language)
        {
            Span<byte> buffer = stackalloc byte[Terms.MaxBytes];
            var terms = new HashSet<ulong>();
            var reader = new TermReader(text, language, buffer);
            while (reader.MoveNext())
            {
                terms.Add(Hash.Of(reader.Term));
            }

            return terms;
        }
    }
}
