using Cairn.Formats.Segments;

namespace Cairn.Columns;

/// <summary>Sections of a checkpoint that chunks are read from. Any thread.</summary>
internal interface IChunkSections
{
    /// <summary>The chunks of a section, each decoded when it is loaded.</summary>
    /// <param name="section">Which.</param>
    /// <param name="length">How many count; what is stored beyond it is of no meaning.</param>
    /// <param name="decode">May keep the bytes. Throws Corrupt for what it cannot be.</param>
    IChunkSource<T> Chunks<T>(SectionId section, int length, Func<byte[], T> decode)
        where T : class;
}
