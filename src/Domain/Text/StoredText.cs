using Cairn.Columns;
using Cairn.Formats.Segments;
using Cairn.Model;

namespace Cairn.Text;

/// <summary>
/// What a checkpoint has to keep of a text index besides its chunks. Immutable; any thread.
/// Invariant: the runs adjoin, from document 0 to the last one.
/// </summary>
internal sealed record StoredText
{
    /// <summary>The section of the documents.</summary>
    public static readonly SectionId DocumentsSection = new(SectionKind.TextDocuments);

    /// <summary>How words became terms.</summary>
    public required TextLanguage Language { get; init; }

    /// <summary>Documents, those included that are no longer current.</summary>
    public required int Documents { get; init; }

    /// <summary>Current documents.</summary>
    public required int LiveCount { get; init; }

    /// <summary>Terms of all current documents together.</summary>
    public required long LiveTerms { get; init; }

    /// <summary>Which documents are current.</summary>
    public required VersionedBits Live { get; init; }

    /// <summary>The runs that hold the postings, in the order of documents.</summary>
    public required IReadOnlyList<StoredRun> Runs { get; init; }

    /// <summary>How many chunks of each section count.</summary>
    public IEnumerable<(SectionId Section, int Chunks)> Sections =>
        Runs.SelectMany(static run => new[] { (run.PostingsSection, run.PostingChunks), (run.TermsSection, run.TermChunks) })
            .Append((DocumentsSection, TextDocuments.ChunksFor(Documents)))
            .Where(static section => section.Item2 > 0);

    /// <summary>Encodes.</summary>
    public byte[] Write() => StoredTextCodec.Write(this);

    /// <summary>Decodes.</summary>
    /// <exception cref="Primitives.CairnException">Corrupt: malformed, or of a later version.</exception>
    public static StoredText Read(ReadOnlySpan<byte> bytes) => StoredTextCodec.Read(bytes);
}

/// <summary>A run: the postings of some documents, which never change. Immutable; any thread.</summary>
/// <param name="First">Its first document.</param>
/// <param name="End">The document behind its last.</param>
/// <param name="PostingChunks">Chunks of its postings.</param>
/// <param name="Fences">The first term of each chunk of its dictionary, rising.</param>
internal sealed record StoredRun(int First, int End, int PostingChunks, IReadOnlyList<byte[]> Fences)
{
    /// <summary>Chunks of its dictionary.</summary>
    public int TermChunks => Fences.Count;

    /// <summary>The section of its postings.</summary>
    public SectionId PostingsSection => new(SectionKind.TextPostings, (uint)First);

    /// <summary>The section of its dictionary.</summary>
    public SectionId TermsSection => new(SectionKind.TextTerms, (uint)First);
}
