namespace Cairn.Storage;

/// <summary>
/// A remote model that makes vectors of texts: near each other where the texts mean alike. Safe to use from many threads.
/// </summary>
public interface IEmbedder
{
    /// <summary>Stands for the model and all that makes its vectors what they are, their length among it: vectors of one name can be compared. 1 to 128 bytes.</summary>
    string Model { get; }

    /// <summary>Texts of one call that go in one request at most, at least 1.</summary>
    int MaxTexts { get; }

    /// <summary>Computes the vectors of texts.</summary>
    /// <param name="texts">UTF-8, none of them empty; at least one.</param>
    /// <param name="cancellationToken">Ends the waiting.</param>
    /// <returns>In the order of the texts, each float32, of unit length and all of one; null: the model refuses this text, and always will.</returns>
    /// <exception cref="Primitives.CairnException">
    /// Throttled, Unavailable: later it may do better. Invalid: it refuses all of them, and says why.
    /// </exception>
    ValueTask<IReadOnlyList<float[]?>> EmbedAsync(IReadOnlyList<ReadOnlyMemory<byte>> texts, CancellationToken cancellationToken);
}
