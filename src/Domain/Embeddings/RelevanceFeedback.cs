using System.Numerics.Tensors;

namespace Cairn.Embeddings;

/// <summary>
/// Moves a query's vector towards those of texts that are taken to be relevant, so that it finds what is like them, and not only what shares its words (Rocchio, "Relevance
/// Feedback in Information Retrieval", 1971). Stateless; any thread.
/// </summary>
internal static class RelevanceFeedback
{
    /// <summary>How many of the first texts that were found otherwise are taken to be relevant.</summary>
    public const int Texts = 3;

    /// <summary>Adds the mean of the texts' vectors to the query's, and makes it one unit long. Without texts it stays as it is.</summary>
    /// <param name="query">Shape [d], float32, unit length; overwritten.</param>
    /// <param name="texts">Each of shape [d], float32, unit length.</param>
    public static void Apply(Span<float> query, IReadOnlyList<ReadOnlyMemory<float>> texts)
    {
        foreach (var text in texts)
        {
            TensorPrimitives.MultiplyAdd(text.Span, 1f / texts.Count, query, query);
        }

        if (TensorPrimitives.Norm<float>(query) is > 0 and var length)
        {
            TensorPrimitives.Divide(query, length, query);
        }
    }
}
