using System.Buffers.Binary;
using System.Runtime.InteropServices;
using Cairn.Formats;

namespace Cairn.Vectors;

/// <summary>
/// Vectors in int8 as the bytes of chunks: docs/formats/checkpoint.md. A slot is row (i32), scale and offset (f32); little-endian.
/// </summary>
internal static class VectorChunks
{
    private const int SlotBytes = 12;

    /// <summary>A block: the codes of its vectors, then their slots.</summary>
    /// <param name="codes">Shape [used, row bytes].</param>
    /// <param name="slots">Shape [used].</param>
    public static byte[] WriteBlock(ReadOnlySpan<sbyte> codes, ReadOnlySpan<VectorSlot> slots)
    {
        var bytes = new byte[codes.Length + (slots.Length * SlotBytes)];
        MemoryMarshal.AsBytes(codes).CopyTo(bytes);
        Write(bytes.AsSpan(codes.Length), slots);
        return bytes;
    }

    /// <summary>Reads a block.</summary>
    /// <exception cref="Primitives.CairnException">Corrupt: these are not the bytes of one.</exception>
    public static StoredBlock.Contents ReadBlock(ReadOnlySpan<byte> bytes, VectorSpec spec)
    {
        var (count, rest) = Math.DivRem(bytes.Length, spec.RowBytes + SlotBytes);
        Require(rest == 0 && count <= VectorBlock.Slots, "its length is not that of vectors");
        var codes = new sbyte[count * spec.RowBytes];
        CopyCodes(bytes[..codes.Length], codes);
        return new(codes, Read(bytes[codes.Length..]));
    }

    /// <summary>The slots of up to <see cref="StoredVectors.BlocksPerSlotChunk"/> blocks: how many these are, of each how many it has (u8), then all of them.</summary>
    /// <param name="blocks">Up to 64 slots each.</param>
    public static byte[] WriteSlots(IReadOnlyList<ReadOnlyMemory<VectorSlot>> blocks)
    {
        var bytes = new byte[1 + blocks.Count + (blocks.Sum(static block => block.Length) * SlotBytes)];
        bytes[0] = (byte)blocks.Count;
        var at = 1 + blocks.Count;
        for (var i = 0; i < blocks.Count; i++)
        {
            bytes[1 + i] = (byte)blocks[i].Length;
            Write(bytes.AsSpan(at), blocks[i].Span);
            at += blocks[i].Length * SlotBytes;
        }

        return bytes;
    }

    /// <summary>Reads the slots of some blocks.</summary>
    /// <exception cref="Primitives.CairnException">Corrupt: these are not the bytes of slots.</exception>
    public static VectorSlot[][] ReadSlots(ReadOnlySpan<byte> bytes)
    {
        var reader = new ByteReader(bytes);
        var counts = reader.Take(reader.Byte());
        Require(counts.Length <= StoredVectors.BlocksPerSlotChunk, "it has slots of too many blocks");
        var blocks = new VectorSlot[counts.Length][];
        for (var i = 0; i < blocks.Length; i++)
        {
            Require(counts[i] <= VectorBlock.Slots, "a block has too many slots");
            blocks[i] = Read(reader.Take(counts[i] * SlotBytes));
        }

        Require(reader.Left == 0, "bytes stand behind its slots");
        return blocks;
    }

    /// <summary>Copies codes as they are stored. −128 is none: sums of products could leave 32 bits.</summary>
    /// <exception cref="Primitives.CairnException">Corrupt: there is one.</exception>
    public static void CopyCodes(ReadOnlySpan<byte> bytes, Span<sbyte> codes)
    {
        var stored = MemoryMarshal.Cast<byte, sbyte>(bytes);
        Require(!stored.Contains(sbyte.MinValue), "a code is out of range");
        stored.CopyTo(codes);
    }

    /// <summary>A slot that was read.</summary>
    /// <exception cref="Primitives.CairnException">Corrupt: no vector has such a one.</exception>
    public static VectorSlot Checked(VectorSlot slot)
    {
        Require(slot.Row >= 0 && slot.Scale >= 0 && float.IsFinite(slot.Scale) && slot.Offset >= 0, "a slot makes no sense");
        return slot;
    }

    private static void Write(Span<byte> bytes, ReadOnlySpan<VectorSlot> slots)
    {
        foreach (ref readonly var slot in slots)
        {
            BinaryPrimitives.WriteInt32LittleEndian(bytes, slot.Row);
            BinaryPrimitives.WriteSingleLittleEndian(bytes[4..], slot.Scale);
            BinaryPrimitives.WriteSingleLittleEndian(bytes[8..], slot.Offset);
            bytes = bytes[SlotBytes..];
        }
    }

    private static VectorSlot[] Read(ReadOnlySpan<byte> bytes)
    {
        var slots = new VectorSlot[bytes.Length / SlotBytes];
        for (var i = 0; i < slots.Length; i++, bytes = bytes[SlotBytes..])
        {
            slots[i] = Checked(new(
                BinaryPrimitives.ReadInt32LittleEndian(bytes), BinaryPrimitives.ReadSingleLittleEndian(bytes[4..]), BinaryPrimitives.ReadSingleLittleEndian(bytes[8..])));
        }

        return slots;
    }

    private static void Require(bool holds, string what)
    {
        if (!holds)
        {
            throw Malformed.Because("stored vectors are damaged: " + what);
        }
    }
}
