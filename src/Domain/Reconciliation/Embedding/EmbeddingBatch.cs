using Cairn.Embeddings;
using Cairn.Snapshots;

namespace Cairn.Reconciliation.Embedding;

/// <summary>The texts of some concepts on their way to a model. One thread; its memory is used again.</summary>
/// <param name="maxTexts">How many there are at most.</param>
internal sealed class EmbeddingBatch(int maxTexts)
{
    private readonly byte[] _buffer = new byte[EmbeddedText.MaxBytes];
    private readonly List<ReadOnlyMemory<byte>> _texts = [];
    private readonly List<(int Row, ulong Hash)> _concepts = [];

    /// <summary>The texts.</summary>
    public IReadOnlyList<ReadOnlyMemory<byte>> Texts => _texts;

    /// <summary>The concepts, in the order of the texts: row, and hash of the text.</summary>
    public IReadOnlyList<(int Row, ulong Hash)> Concepts => _concepts;

    /// <summary>Takes the texts of rows from one on, until it is full; those without text, and those that are known to be refused, are passed over.</summary>
    /// <returns>The place in the list to go on from.</returns>
    public int Fill(Snapshot snapshot, IReadOnlyList<int> rows, int from, HashSet<ulong> refused)
    {
        _texts.Clear();
        _concepts.Clear();
        for (; from < rows.Count && _texts.Count < maxTexts; from++)
        {
            var text = snapshot.Concept(rows[from]).WriteEmbeddedText(_buffer);
            var hash = text.IsEmpty ? 0 : EmbeddedText.HashOf(text);
            if (!text.IsEmpty && !refused.Contains(hash))
            {
                _texts.Add(text.ToArray());
                _concepts.Add((rows[from], hash));
            }
        }

        return from;
    }
}
