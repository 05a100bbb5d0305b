using System.Buffers.Binary;
using Cairn.Primitives;

namespace Cairn.Formats.Segments;

/// <summary>The table of contents of a segment: checked once, then searched as it was stored.</summary>
/// <remarks>
/// Immutable; any thread. One array of bytes and one of sections, no object a chunk.
/// <para>Invariants: sections ascend by kind and argument; the chunks of a section ascend by number; no entry has a
/// <see cref="ChunkEntry.Flaw"/>; all stored bytes together fit between the header and the table.</para>
/// </remarks>
internal sealed class TableOfContents
{
    private readonly byte[] _bytes;
    private readonly SegmentSection[] _sections;

    private TableOfContents(byte[] bytes, SegmentSection[] sections) => (_bytes, _sections) = (bytes, sections);

    /// <summary>All sections, those of unknown kinds too, in ascending order.</summary>
    public ReadOnlySpan<SegmentSection> Sections => _sections;

    /// <summary>Checks a table whose checksum is right.</summary>
    /// <param name="bytes">The table; it is kept.</param>
    /// <param name="offset">Where it lies in the file.</param>
    /// <param name="name">Of the file, for failures.</param>
    /// <param name="isKnown">Which kinds of sections the caller knows.</param>
    /// <exception cref="CairnException">Corrupt: an invariant does not hold, or a required section is of an unknown kind.</exception>
    public static TableOfContents Parse(byte[] bytes, long offset, string name, Func<ushort, bool> isKnown) =>
        new(bytes, new Parser(bytes, offset, name, isKnown).Parse());

    /// <summary>The chunk at an index of a section, 0 to <see cref="SegmentSection.ChunkCount"/> − 1.</summary>
    public ChunkEntry Chunk(in SegmentSection section, int index) => ChunkEntry.Read(Entry(section, index));

    public bool TryFindSection(SectionId id, out SegmentSection section)
    {
        var (low, high) = (0, _sections.Length - 1);
        while (low <= high)
        {
            var middle = (int)((uint)(low + high) >> 1);
            var order = _sections[middle].Id.CompareTo(id);
            if (order == 0)
            {
                section = _sections[middle];
                return true;
            }

            (low, high) = order < 0 ? (middle + 1, high) : (low, middle - 1);
        }

        section = default;
        return false;
    }

    public bool TryFind(in SegmentSection section, uint number, out ChunkEntry chunk)
    {
        var (low, high) = (0, section.ChunkCount - 1);
        while (low <= high)
        {
            var middle = (int)((uint)(low + high) >> 1);
            var entry = Entry(section, middle);
            var found = ChunkEntry.ReadNumber(entry);
            if (found == number)
            {
                chunk = ChunkEntry.Read(entry);
                return true;
            }

            (low, high) = found < number ? (middle + 1, high) : (low, middle - 1);
        }

        chunk = default;
        return false;
    }

    private ReadOnlySpan<byte> Entry(in SegmentSection section, int index)
    {
        Invariant.Require((uint)index < (uint)section.ChunkCount, "a section has no chunk at that index");
        return _bytes.AsSpan(section.EntriesAt + (index * ChunkEntry.LengthBytes), ChunkEntry.LengthBytes);
    }

    private ref struct Parser(ReadOnlySpan<byte> bytes, long offset, string name, Func<ushort, bool> isKnown)
    {
        private readonly ReadOnlySpan<byte> _bytes = bytes;
        private int _at;
        private int _chunks;
        private long _storedBytes;

        public SegmentSection[] Parse()
        {
            // A table is never shorter than its own header: the footer's reader saw to it.
            var count = BinaryPrimitives.ReadUInt32LittleEndian(_bytes);
            var most = Math.Min(SegmentFormat.MaxSections, (_bytes.Length - SegmentFormat.TocHeaderBytes) / (SegmentFormat.SectionBytes + ChunkEntry.LengthBytes));
            Require(count <= (uint)most, $"{count} sections are more than it can hold");
            Require(BinaryPrimitives.ReadUInt32LittleEndian(_bytes[4..]) == 0, "its reserved bytes are not zero");

            _at = SegmentFormat.TocHeaderBytes;
            var sections = new SegmentSection[count];
            for (var i = 0; i < sections.Length; i++)
            {
                sections[i] = Section();
                Require(i == 0 || sections[i - 1].Id < sections[i].Id, "sections are out of order");
                CheckChunks(sections[i]);
            }

            Require(_at == _bytes.Length, "bytes stand behind its last section");
            Require(_storedBytes <= offset - SegmentHeader.LengthBytes, "chunks overlap");
            return sections;
        }

        private SegmentSection Section()
        {
            Require(_bytes.Length - _at >= SegmentFormat.SectionBytes, "a section ends past it");
            var bytes = _bytes.Slice(_at, SegmentFormat.SectionBytes);
            var id = new SectionId(
                BinaryPrimitives.ReadUInt16LittleEndian(bytes[SegmentFormat.KindAt..]),
                BinaryPrimitives.ReadUInt32LittleEndian(bytes[SegmentFormat.ArgumentAt..]));
            var flags = BinaryPrimitives.ReadUInt16LittleEndian(bytes[SegmentFormat.FlagsAt..]);
            var count = BinaryPrimitives.ReadUInt32LittleEndian(bytes[SegmentFormat.ChunkCountAt..]);
            var known = isKnown(id.Kind);
            if (flags > SegmentFormat.RequiredFlag)
            {
                throw SegmentDamage.Later(name, offset + _at, $"section {id} has flags {flags}, this program knows {SegmentFormat.RequiredFlag}");
            }

            if (!known && flags == SegmentFormat.RequiredFlag)
            {
                throw SegmentDamage.Later(
                    name, offset + _at, $"section kind {id.Kind} (argument {id.Argument}) is required and unknown (segment version {SegmentFormat.Version})");
            }

            Require(BinaryPrimitives.ReadUInt32LittleEndian(bytes[SegmentFormat.SectionReservedAt..]) == 0, "a section's reserved bytes are not zero");
            Require(count > 0 && count <= (uint)((_bytes.Length - _at - SegmentFormat.SectionBytes) / ChunkEntry.LengthBytes), "a section has no chunks, or more than fit");
            Require(count <= SegmentFormat.MaxChunks - _chunks, "it has too many chunks");
            _at += SegmentFormat.SectionBytes;
            return new(id, flags == SegmentFormat.RequiredFlag, known, _chunks, (int)count, _at);
        }

        private void CheckChunks(in SegmentSection section)
        {
            var next = 0L;
            for (var i = 0; i < section.ChunkCount; i++, _at += ChunkEntry.LengthBytes)
            {
                var entry = _bytes.Slice(_at, ChunkEntry.LengthBytes);
                if (ChunkEntry.Flaw(entry, chunksEnd: offset) is { } flaw)
                {
                    throw Flawed(section.Id, ChunkEntry.Read(entry), flaw);
                }

                var chunk = ChunkEntry.Read(entry);
                Require(chunk.Number >= next, "chunks are out of order");
                next = chunk.Number + 1L;
                _storedBytes += chunk.StoredBytes;
            }

            _chunks += section.ChunkCount;
        }

        private readonly CairnException Flawed(SectionId section, ChunkEntry chunk, string flaw) =>
            SegmentDamage.At(name, offset + _at, $"the table of contents makes no sense: in section {section}, {flaw}: {chunk}");

        private readonly void Require(bool holds, string what)
        {
            if (!holds)
            {
                throw SegmentDamage.At(name, offset + _at, $"the table of contents makes no sense: {what}");
            }
        }
    }
}
