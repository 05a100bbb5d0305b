using System.Runtime.CompilerServices;
using Cairn.Columns;

namespace Cairn.Text;

/// <summary>Which documents are the current ones of their rows, as of one snapshot. Immutable; any thread.</summary>
/// <param name="Pages">A bit for each document.</param>
internal readonly record struct LiveDocuments(Spine<ulong[]> Pages)
{
    /// <summary>Documents of a page; 512 bytes are copied for each page that a publish touches.</summary>
    public const int DocumentsPerPage = 4 * 1024;

    /// <summary>Documents of a word.</summary>
    public const int DocumentsPerWord = 64;

    /// <summary>Whether a document is current.</summary>
    public bool Contains(int document) => (Word(document) >> (document % DocumentsPerWord) & 1) != 0;

    /// <summary>The bits of the 64 documents that one is among.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public ulong Word(int document)
    {
        var page = document / DocumentsPerPage;
        return page < Pages.Length && Pages[page] is { } bits ? bits[document % DocumentsPerPage / DocumentsPerWord] : 0;
    }
}

/// <summary>The writer's side of the live documents: copies a page before the first change after a publish. One thread.</summary>
internal sealed class LiveDocumentsWriter
{
    private readonly SpineWriter<ulong[]> _pages = new();
    private readonly HashSet<int> _owned = [];

    /// <summary>Marks a document as current or not.</summary>
    public void Set(int document, bool isLive)
    {
        var page = document / LiveDocuments.DocumentsPerPage;
        if (_owned.Add(page))
        {
            _pages.Set(page, (ulong[]?)_pages[page]?.Clone() ?? new ulong[LiveDocuments.DocumentsPerPage / LiveDocuments.DocumentsPerWord]);
        }

        ref var word = ref _pages[page]![document % LiveDocuments.DocumentsPerPage / LiveDocuments.DocumentsPerWord];
        var bit = 1UL << (document % LiveDocuments.DocumentsPerWord);
        word = isLive ? word | bit : word & ~bit;
    }

    /// <summary>The version to publish.</summary>
    public LiveDocuments Publish()
    {
        _owned.Clear();
        return new(_pages.Publish());
    }
}
