using System.Buffers;
using Cairn.Model;

namespace Cairn.Embeddings;

/// <summary>What a term weighs in a query, ≥ 0; dimensionless.</summary>
/// <param name="term">Folded and reduced, UTF-8.</param>
internal delegate double TermWeight(ReadOnlySpan<byte> term);

/// <summary>
/// The built-in embedding model: signed feature hashing of a text's terms and of the groups of four characters in them (Weinberger et al., "Feature Hashing for Large Scale
/// Multitask Learning", ICML 2009). Two texts are near each other if they share words, or parts of words. Stateless; any thread; the same bits on every machine.
/// </summary>
/// <remarks>
/// A term that is there n times adds 1 + 0.7 log₂ n, the logarithm interpolated between powers of two, to four of the components that its hash names, and half as much, spread over
/// its groups of characters, to one component each. Sums are of integers, so that no order of additions shows. What a vector is belongs to the model's name: another rule is another name.
/// </remarks>
internal static class HashingModel
{
    /// <summary>The model.</summary>
    public const string Name = "hashing-1";

    /// <summary>Components of every vector.</summary>
    public const int Dimensions = 384;

    private const double FrequencyGain = 0.7;
    private const int WeightOne = 256;

    /// <summary>Computes the vector of a text.</summary>
    /// <param name="text">UTF-8, any bytes.</param>
    /// <param name="language">How words become terms.</param>
    /// <param name="vector">Shape [<see cref="Dimensions"/>], float32, overwritten; unit length, or zeros if the text has no terms.</param>
    /// <param name="weight">For queries: what each term weighs; null: all alike.</param>
    /// <returns>False: the text has no terms that weigh anything.</returns>
    /// <remarks>O(bytes); no allocation for texts of ordinary length.</remarks>
    public static bool TryEmbed(ReadOnlySpan<byte> text, TextLanguage language, Span<float> vector, TermWeight? weight = null)
    {
        Span<long> sums = stackalloc long[Dimensions];
        sums.Clear();
        var terms = new DistinctTerms(text.Length);
        terms.Read(text, language);
        for (var i = 0; i < terms.Count; i++)
        {
            var scaled = (long)(WeightOne * Damp(terms[i].Frequency) * (weight?.Invoke(terms.Bytes(i)) ?? 1));
            TermFeatures.Add(terms[i].Hash, terms.Bytes(i), scaled, sums);
        }

        terms.Return();
        return Normalise(sums, vector);
    }

    /// <summary>1 + 0.7 log₂ n, interpolated between powers of two.</summary>
    internal static double Damp(int frequency)
    {
        var exponent = System.Numerics.BitOperations.Log2((uint)frequency);
        return 1 + (FrequencyGain * (exponent + ((frequency / (double)(1 << exponent)) - 1)));
    }

    // One after the other: a sum by lanes would depend on how wide the machine's are.
    private static bool Normalise(ReadOnlySpan<long> sums, Span<float> vector)
    {
        var squares = 0d;
        foreach (var sum in sums)
        {
            squares += (double)sum * sum;
        }

        var length = squares > 0 ? Math.Sqrt(squares) : 1;
        for (var i = 0; i < sums.Length; i++)
        {
            vector[i] = (float)(sums[i] / length);
        }

        return squares > 0;
    }
}
