namespace Cairn.Formats.Segments;

/// <summary>Takes the chunks of a new segment. One caller at a time.</summary>
internal interface IChunkOutput
{
    /// <summary>Adds a chunk, whose (section, number) was not added yet; its bytes are the output's from here on.</summary>
    ValueTask AddAsync(SectionId section, int number, byte[] raw, CancellationToken cancellationToken);
}
