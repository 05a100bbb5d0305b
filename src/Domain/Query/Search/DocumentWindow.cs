namespace Cairn.Query.Search;

/// <summary>A range of documents that a search looks at together, so that what it keeps of them stays in the processor's cache. One thread.</summary>
internal sealed class DocumentWindow
{
    /// <summary>Documents of a window.</summary>
    public const int Documents = 2 * 1024;

    private const int DocumentsPerWord = 64;
    private readonly int[] _frequencies = new int[Documents];
    private readonly ulong[] _matches = new ulong[Documents / DocumentsPerWord];

    /// <summary>Its first document.</summary>
    public int Start { get; private set; }

    /// <summary>The document behind its last.</summary>
    public int End => Start + Documents;

    /// <summary>A bit for each document that matched.</summary>
    public Span<ulong> Matches => _matches;

    /// <summary>How often the clause is in each document, 0 if it is not.</summary>
    public ReadOnlySpan<int> Frequencies => _frequencies;

    /// <summary>Goes to other documents, or begins again, with none that matched.</summary>
    public void Begin(int start)
    {
        Start = start;
        Array.Clear(_frequencies);
        Array.Clear(_matches);
    }

    /// <summary>Counts a clause for a document of the window.</summary>
    public void Add(int document, int frequency)
    {
        var at = document - Start;
        _frequencies[at] += frequency;
        _matches[at / DocumentsPerWord] |= 1UL << (at % DocumentsPerWord);
    }
}
