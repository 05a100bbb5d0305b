using System.Buffers.Binary;
using Cairn.Primitives;

namespace Cairn.Formats.Segments;

/// <summary>Writes a segment in one pass: header, chunks, table of contents, footer.</summary>
/// <remarks>
/// One caller at a time. Memory is one buffer and 32 bytes a chunk, whatever the file's length.
/// <para>Invariants: the sink has got all bytes before the buffered ones, in order, in pieces of <see cref="BufferBytes"/> but for the last;
/// every chunk begins at a multiple of 8; no call is taken after one that failed, or after the end.</para>
/// </remarks>
internal sealed class SegmentWriter
{
    /// <summary>Bytes that the sink gets at once.</summary>
    public const int BufferBytes = 1024 * 1024;

    private static readonly byte[] Zeros = new byte[SegmentFormat.AlignmentBytes];

    private readonly Func<ReadOnlyMemory<byte>, CancellationToken, ValueTask> _sink;
    private readonly Dictionary<SectionId, Section> _sections = [];
    private readonly byte[] _buffer = GC.AllocateUninitializedArray<byte>(BufferBytes);
    private int _buffered;
    private long _lengthBytes;
    private int _chunks;
    private bool _taken; // by a call under way, by one that failed, or for good

    /// <summary>Begins a segment.</summary>
    /// <param name="header">What it says of itself.</param>
    /// <param name="sink">Takes the next bytes; they are the writer's again when it returns.</param>
    public SegmentWriter(SegmentHeader header, Func<ReadOnlyMemory<byte>, CancellationToken, ValueTask> sink)
    {
        _sink = sink;
        header.Write(_buffer);
        _lengthBytes = _buffered = SegmentHeader.LengthBytes;
    }

    private sealed record Section(bool Required)
    {
        public List<ChunkEntry> Chunks { get; } = [];
    }

    /// <summary>Encodes and adds a chunk: as <see cref="AddAsync(SectionId, bool, uint, EncodedChunk, CancellationToken)"/>.</summary>
    public ValueTask AddAsync(
        SectionId section, bool required, uint number, ReadOnlyMemory<byte> raw, CompressionMethod method, CancellationToken cancellationToken) =>
        AddAsync(section, required, number, EncodedChunk.Encode(raw, method), cancellationToken);

    /// <summary>Adds a chunk. Sections may come in any order and by turns, and so may the numbers in them.</summary>
    /// <param name="section">Where it belongs.</param>
    /// <param name="required">Whether a reader that does not know the section's kind must refuse the file; the same for all chunks of a section.</param>
    /// <param name="number">Its number there; each only once, which <see cref="FinishAsync"/> checks.</param>
    /// <param name="chunk">Its bytes.</param>
    /// <param name="cancellationToken">Given to the sink.</param>
    /// <exception cref="CairnException">Internal: over a limit of the format. What the sink throws passes, and the segment cannot be finished.</exception>
    public async ValueTask AddAsync(SectionId section, bool required, uint number, EncodedChunk chunk, CancellationToken cancellationToken)
    {
        Take();
        Note(section, required, new(number, chunk.Method, chunk.Stored.Length, chunk.RawBytes, chunk.Crc, _lengthBytes));
        await WriteAsync(chunk.Stored, cancellationToken).ConfigureAwait(false);
        await WriteAsync(Zeros.AsMemory(0, SegmentFormat.Padding(_lengthBytes)), cancellationToken).ConfigureAwait(false);
        _taken = false;
    }

    /// <summary>Writes the table of contents and the footer, and empties the buffer. The segment is whole when it returns.</summary>
    /// <returns>Bytes of the file.</returns>
    /// <exception cref="CairnException">Internal: a section has a number twice. What the sink throws passes.</exception>
    public async ValueTask<long> FinishAsync(CancellationToken cancellationToken)
    {
        Take();
        var toc = EncodeToc();
        var footer = new byte[SegmentFooter.LengthBytes];
        new SegmentFooter(_lengthBytes, toc.Length, Crc32C.Compute(toc)).Write(footer);
        await WriteAsync(toc, cancellationToken).ConfigureAwait(false);
        await WriteAsync(footer, cancellationToken).ConfigureAwait(false);
        await FlushAsync(cancellationToken).ConfigureAwait(false);
        return _lengthBytes;
    }

    private void Take()
    {
        Invariant.Require(!_taken, "a segment is written by one caller at a time, and not after a failure or its end");
        _taken = true;
    }

    private void Note(SectionId id, bool required, ChunkEntry chunk)
    {
        if (!_sections.TryGetValue(id, out var section))
        {
            Invariant.Require(_sections.Count < SegmentFormat.MaxSections, "a segment has too many sections");
            _sections.Add(id, section = new(required));
        }

        Invariant.Require(section.Required == required, "a section is required or it is not");
        Invariant.Require(_chunks++ < SegmentFormat.MaxChunks, "a segment has too many chunks");
        section.Chunks.Add(chunk);
    }

    private byte[] EncodeToc()
    {
        var toc = new byte[SegmentFormat.TocHeaderBytes + (_sections.Count * SegmentFormat.SectionBytes) + (_chunks * ChunkEntry.LengthBytes)];
        BinaryPrimitives.WriteInt32LittleEndian(toc, _sections.Count);
        var rest = toc.AsSpan(SegmentFormat.TocHeaderBytes);
        foreach (var (id, section) in _sections.OrderBy(static entry => entry.Key))
        {
            rest = EncodeSection(rest, id, section);
        }

        return toc;
    }

    private static Span<byte> EncodeSection(Span<byte> bytes, SectionId id, Section section)
    {
        BinaryPrimitives.WriteUInt16LittleEndian(bytes[SegmentFormat.KindAt..], id.Kind);
        BinaryPrimitives.WriteUInt16LittleEndian(bytes[SegmentFormat.FlagsAt..], section.Required ? SegmentFormat.RequiredFlag : (ushort)0);
        BinaryPrimitives.WriteUInt32LittleEndian(bytes[SegmentFormat.ArgumentAt..], id.Argument);
        BinaryPrimitives.WriteInt32LittleEndian(bytes[SegmentFormat.ChunkCountAt..], section.Chunks.Count);
        bytes = bytes[SegmentFormat.SectionBytes..];

        section.Chunks.Sort(static (left, right) => left.Number.CompareTo(right.Number));
        for (var i = 0; i < section.Chunks.Count; i++)
        {
            var repeated = i > 0 && section.Chunks[i - 1].Number == section.Chunks[i].Number;
            Invariant.Require(!repeated, "a section of a segment has a chunk twice");
            section.Chunks[i].Write(bytes);
            bytes = bytes[ChunkEntry.LengthBytes..];
        }

        return bytes;
    }

    private async ValueTask WriteAsync(ReadOnlyMemory<byte> bytes, CancellationToken cancellationToken)
    {
        _lengthBytes += bytes.Length;
        while (!bytes.IsEmpty)
        {
            var taken = Math.Min(bytes.Length, BufferBytes - _buffered);
            bytes[..taken].CopyTo(_buffer.AsMemory(_buffered));
            bytes = bytes[taken..];
            _buffered += taken;
            if (_buffered == BufferBytes)
            {
                await FlushAsync(cancellationToken).ConfigureAwait(false);
            }
        }
    }

    private async ValueTask FlushAsync(CancellationToken cancellationToken)
    {
        if (_buffered > 0)
        {
            await _sink(_buffer.AsMemory(0, _buffered), cancellationToken).ConfigureAwait(false);
            _buffered = 0;
        }
    }
}
