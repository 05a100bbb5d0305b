using System.Buffers;
using Cairn.Primitives;

namespace Cairn.Formats.Segments;

/// <summary>A segment, open for reading.</summary>
/// <remarks>
/// Immutable; any number of threads may read at once. It does not own its source, which must live as long. Memory is the table of
/// contents: 32 bytes a chunk.
/// </remarks>
internal sealed class SegmentFile
{
    private const int MinBytes = SegmentHeader.LengthBytes + SegmentFormat.TocHeaderBytes + SegmentFooter.LengthBytes;

    private readonly ISegmentSource _source;
    private readonly TableOfContents _contents;

    private SegmentFile(ISegmentSource source, string name, SegmentHeader header, TableOfContents contents) =>
        (_source, Name, Header, _contents) = (source, name, header, contents);

    /// <summary>The name that it was opened by.</summary>
    public string Name { get; }

    /// <summary>What it says of itself.</summary>
    public SegmentHeader Header { get; }

    /// <summary>All sections, those of unknown kinds too, in ascending order.</summary>
    public ReadOnlySpan<SegmentSection> Sections => _contents.Sections;

    /// <summary>Chunks of all sections.</summary>
    public int ChunkCount => Sections.IsEmpty ? 0 : Sections[^1].FirstChunk + Sections[^1].ChunkCount;

    /// <summary>Opens a segment: reads and checks footer, header and table of contents, in three reads; no chunk.</summary>
    /// <param name="source">The whole file.</param>
    /// <param name="name">Its name, for failures.</param>
    /// <param name="isKnown">Which kinds of sections the caller knows. An unknown one is listed, or refused if the file says that it is required.</param>
    /// <exception cref="CairnException">Corrupt: the file is damaged, not whole, or of a later version; it names the place. What the source throws passes.</exception>
    public static SegmentFile Open(ISegmentSource source, string name, Func<ushort, bool> isKnown)
    {
        var lengthBytes = source.LengthBytes;
        if (lengthBytes < MinBytes)
        {
            throw SegmentDamage.At(name, 0, $"{lengthBytes} bytes are no whole segment");
        }

        Span<byte> bytes = stackalloc byte[SegmentHeader.LengthBytes];
        source.Read(0, bytes);
        var header = SegmentHeader.Read(bytes, name);
        bytes = bytes[..SegmentFooter.LengthBytes];
        source.Read(lengthBytes - SegmentFooter.LengthBytes, bytes);
        var footer = SegmentFooter.Read(bytes, name, lengthBytes);

        var toc = GC.AllocateUninitializedArray<byte>(footer.TocBytes);
        source.Read(footer.TocOffset, toc);
        return Crc32C.Compute(toc) == footer.TocCrc
            ? new(source, name, header, TableOfContents.Parse(toc, footer.TocOffset, name, isKnown))
            : throw SegmentDamage.At(name, footer.TocOffset, "the table of contents is damaged");
    }

    /// <summary>Finds a section by binary search.</summary>
    /// <returns>False: the file has none of that name.</returns>
    public bool TryFind(SectionId id, out SegmentSection section) => _contents.TryFindSection(id, out section);

    /// <summary>Finds a chunk by binary search, of the sections and then of its numbers.</summary>
    /// <returns>False: the file does not have it.</returns>
    public bool TryFind(SectionId id, uint number, out ChunkEntry chunk)
    {
        chunk = default;
        return _contents.TryFindSection(id, out var section) && _contents.TryFind(section, number, out chunk);
    }

    /// <summary>A chunk by its index in its section, 0 to <see cref="SegmentSection.ChunkCount"/> − 1; numbers ascend with it.</summary>
    /// <param name="section">Of this file.</param>
    /// <param name="index">Not the chunk's number: that may have gaps.</param>
    public ChunkEntry Chunk(in SegmentSection section, int index) => _contents.Chunk(section, index);

    /// <summary>Reads a chunk of this file into an array of its own.</summary>
    /// <returns>Its bytes, verified and decompressed.</returns>
    /// <exception cref="CairnException">Corrupt: they are damaged. What the source throws passes.</exception>
    public byte[] Read(in ChunkEntry chunk)
    {
        var raw = GC.AllocateUninitializedArray<byte>(chunk.RawBytes);
        Read(chunk, raw);
        return raw;
    }

    /// <summary>Reads a chunk of this file: verified and decompressed.</summary>
    /// <param name="chunk">Which.</param>
    /// <param name="destination">Exactly as long as the chunk; of no meaning after a failure.</param>
    /// <exception cref="CairnException">Corrupt: the bytes are damaged. Internal: another length. What the source throws passes.</exception>
    public void Read(in ChunkEntry chunk, Span<byte> destination)
    {
        Invariant.Require(destination.Length == chunk.RawBytes, "the destination of a chunk has another length");
        if (chunk.Method == CompressionMethod.Stored)
        {
            ReadVerified(chunk, destination);
            return;
        }

        var stored = ArrayPool<byte>.Shared.Rent(chunk.StoredBytes);
        try
        {
            ReadVerified(chunk, stored.AsSpan(0, chunk.StoredBytes));
            if (!ChunkCompression.TryDecompress(stored, chunk.StoredBytes, chunk.Method, destination))
            {
                throw SegmentDamage.At(Name, chunk.Offset, $"chunk {chunk.Number} does not decompress to its {chunk.RawBytes} bytes ({chunk.Method})");
            }
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(stored);
        }
    }

    /// <summary>Reads a chunk as it is stored, to be added to another segment; verified, not decompressed.</summary>
    /// <exception cref="CairnException">As <see cref="Read(in ChunkEntry)"/>.</exception>
    public EncodedChunk ReadEncoded(in ChunkEntry chunk)
    {
        var stored = GC.AllocateUninitializedArray<byte>(chunk.StoredBytes);
        ReadVerified(chunk, stored);
        return new(stored, chunk.Method, chunk.RawBytes, chunk.Crc);
    }

    private void ReadVerified(in ChunkEntry chunk, Span<byte> stored)
    {
        _source.Read(chunk.Offset, stored);
        if (Crc32C.Compute(stored) != chunk.Crc)
        {
            throw SegmentDamage.At(Name, chunk.Offset, $"chunk {chunk.Number} is damaged: the checksum of its {chunk.StoredBytes} bytes is wrong");
        }
    }
}
