namespace Cairn.Formats.Segments;

/// <summary>Numbers of the segment container, format version 1. docs/formats/segment.md has the layout.</summary>
internal static class SegmentFormat
{
    public const ushort Version = 1;

    /// <summary>Every chunk and the table of contents begin at a multiple of it.</summary>
    public const int AlignmentBytes = 8;

    /// <summary>Bytes of one chunk before compression: what a reader must be ready to allocate at once.</summary>
    public const int MaxChunkBytes = 16 * 1024 * 1024;

    /// <summary>Sections of one file.</summary>
    public const int MaxSections = 64 * 1024;

    /// <summary>Chunks of one file.</summary>
    public const int MaxChunks = 16 * 1024 * 1024;

    /// <summary>Bytes of a table of contents: about 513 MiB, from the two limits before.</summary>
    public const int MaxTocBytes = TocHeaderBytes + (MaxSections * SectionBytes) + (MaxChunks * ChunkEntry.LengthBytes);

    /// <summary>What begins a table of contents: the number of sections and a zero.</summary>
    public const int TocHeaderBytes = 8;

    /// <summary>What begins a section in the table of contents.</summary>
    public const int SectionBytes = 16;

    // A section in the table of contents.
    public const int KindAt = 0;
    public const int FlagsAt = 2;
    public const int ArgumentAt = 4;
    public const int ChunkCountAt = 8;
    public const int SectionReservedAt = 12;

    /// <summary>The only flag of a section: a reader that does not know its kind must refuse the file.</summary>
    public const ushort RequiredFlag = 1;

    /// <summary>Zero bytes that follow one of that length.</summary>
    public static int Padding(long lengthBytes) => (int)(-lengthBytes & (AlignmentBytes - 1));
}
