using Cairn.Columns;
using Cairn.Indexes;
using Cairn.Model;
using Cairn.Primitives;

namespace Cairn.Text;

/// <summary>What all views of an index share: the runs of a checkpoint, which never change, and behind them what was added, which only grows.</summary>
internal sealed class SharedText
{
    /// <summary>Nothing is stored.</summary>
    /// <param name="hash">Spreads the terms.</param>
    /// <param name="language">How words become terms.</param>
    public SharedText(KeyedHash hash, TextLanguage language)
    {
        (Language, Terms) = (language, new(hash));
        TermOrder = new(Terms);
    }

    /// <summary>Begins with what a checkpoint holds.</summary>
    /// <param name="hash">Spreads the terms.</param>
    /// <param name="stored">What is stored.</param>
    /// <param name="chunks">Its chunks.</param>
    public SharedText(KeyedHash hash, StoredText stored, IChunkSections chunks)
        : this(hash, stored.Language)
    {
        Runs = [.. stored.Runs.Select(run => new TextRun(run, chunks))];
        Documents = new(stored.Documents, chunks.Chunks(StoredText.DocumentsSection, TextDocuments.ChunksFor(stored.Documents), static bytes => TextDocuments.Read(bytes)));
    }

    /// <summary>How words become terms.</summary>
    public TextLanguage Language { get; }

    /// <summary>In the order of documents.</summary>
    public TextRun[] Runs { get; } = [];

    /// <summary>The terms of what was added.</summary>
    public KeyTable Terms { get; }

    /// <summary>Those in byte order, made when first asked for.</summary>
    public KeyOrder TermOrder { get; }

    /// <summary>The postings of what was added.</summary>
    public PostingLists Postings { get; } = new();

    /// <summary>All documents.</summary>
    public AppendList<TextDocument> Documents { get; } = new();

    /// <summary>Bytes of memory, about.</summary>
    public long Bytes => Terms.Bytes + TermOrder.Bytes + Postings.Bytes + (Documents.Capacity * 2 * sizeof(int)) + Runs.Sum(static run => run.Bytes);
}
