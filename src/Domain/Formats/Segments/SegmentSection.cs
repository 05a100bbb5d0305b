namespace Cairn.Formats.Segments;

/// <summary>A section as the table of contents lists it.</summary>
/// <param name="Id">Its kind and argument.</param>
/// <param name="Required">A reader that does not know its kind refuses the file.</param>
/// <param name="Known">This reader knows its kind.</param>
/// <param name="FirstChunk">Where its chunks begin among all chunks of the file.</param>
/// <param name="ChunkCount">How many it has, at least 1.</param>
/// <param name="EntriesAt">Where their entries begin in the table, in bytes.</param>
internal readonly record struct SegmentSection(SectionId Id, bool Required, bool Known, int FirstChunk, int ChunkCount, int EntriesAt);
