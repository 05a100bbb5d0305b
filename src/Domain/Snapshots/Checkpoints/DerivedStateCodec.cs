using System.Buffers;
using System.Buffers.Binary;
using Cairn.Formats;
using Cairn.Formats.Segments;
using Cairn.Primitives;
using Cairn.Snapshots.Derived;

namespace Cairn.Snapshots.Checkpoints;

/// <summary>The small parts of a derived index as bytes, version 1. docs/formats/checkpoint.md has the layout.</summary>
internal static class DerivedStateCodec
{
    private const ushort Version = 1;

    // More would be damage.
    private const int MaxSections = 4 * 1024;

    /// <summary>Encodes.</summary>
    /// <param name="state">The index.</param>
    /// <param name="position">Of the checkpoint.</param>
    public static byte[] Write(DerivedState state, LogPosition position)
    {
        var (body, sections) = (state.Content.Body, state.Content.Sections);
        var bytes = new ArrayBufferWriter<byte>(body.Length + 64 + (sections.Count * 10) + (state.Stale.Count * 2));
        UInt16(bytes, Version);
        BinaryPrimitives.WriteInt64LittleEndian(bytes.GetSpan(sizeof(long)), position.Value);
        bytes.Advance(sizeof(long));
        Varint(bytes, sections.Count);
        foreach (var (section, chunks) in sections)
        {
            UInt16(bytes, section.Kind);
            Varint(bytes, section.Argument);
            Varint(bytes, chunks);
        }

        Varint(bytes, state.Stale.Count);
        var before = -1;
        foreach (var row in state.Stale)
        {
            Varint(bytes, row - before);
            before = row;
        }

        bytes.Write(body.Span);
        return bytes.WrittenSpan.ToArray();
    }

    /// <summary>Decodes.</summary>
    /// <param name="number">Which index.</param>
    /// <param name="bytes">Of all its chunks.</param>
    /// <param name="position">Of the checkpoint.</param>
    /// <exception cref="CairnException">Corrupt: malformed, of another position, or of a later version.</exception>
    public static DerivedState Read(uint number, ReadOnlySpan<byte> bytes, LogPosition position)
    {
        var reader = new ByteReader(bytes);
        var version = reader.UInt16();
        if (version != Version)
        {
            throw Malformed.Unsupported("state of an index", version, Version);
        }

        Require(reader.Int64() == position.Value, "the state of an index is of another position");
        var sections = new (SectionId, int)[Count(ref reader, MaxSections)];
        for (var i = 0; i < sections.Length; i++)
        {
            var section = new SectionId(reader.UInt16(), reader.Varint());
            Require(section.Kind > SectionKind.ConceptZoneMaps && section.Kind != SectionKind.IndexState, "an index has no such section");
            sections[i] = (section, Count(ref reader, SegmentFormat.MaxChunks));
        }

        var stale = new int[Count(ref reader, Math.Min(DerivedState.MostStale, reader.Left))];
        var before = -1L;
        for (var i = 0; i < stale.Length; i++)
        {
            var step = reader.Varint();
            before += step;
            Require(step > 0 && before <= int.MaxValue, "stale rows are out of order");
            stale[i] = (int)before;
        }

        return new(number, new(reader.Take(reader.Left).ToArray(), sections), stale);
    }

    private static int Count(ref ByteReader reader, int most)
    {
        var count = reader.Varint();
        Require(count <= (uint)most, "the state of an index counts more than there can be");
        return (int)count;
    }

    private static void UInt16(ArrayBufferWriter<byte> bytes, ushort value)
    {
        BinaryPrimitives.WriteUInt16LittleEndian(bytes.GetSpan(sizeof(ushort)), value);
        bytes.Advance(sizeof(ushort));
    }

    private static void Varint(ArrayBufferWriter<byte> bytes, long value) => bytes.Advance(ByteWriting.Varint(bytes.GetSpan(ByteWriting.MaxVarintBytes), (ulong)value));

    private static void Require(bool holds, string otherwise)
    {
        if (!holds)
        {
            Malformed.Throw(otherwise);
        }
    }
}
