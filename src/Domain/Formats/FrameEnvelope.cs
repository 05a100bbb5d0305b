using System.Buffers.Binary;
using System.Text;
using Cairn.Model;
using Cairn.Primitives;

namespace Cairn.Formats;

/// <summary>Where a commit came from when an event hub delivered it.</summary>
/// <param name="Hub">The incarnation of the hub, set when it was deployed.</param>
/// <param name="Partition">The hub's partition.</param>
/// <param name="SequenceNumber">The event's number within the partition.</param>
public readonly record struct Origin(Incarnation Hub, uint Partition, long SequenceNumber)
{
    internal const int LengthBytes = Incarnation.LengthBytes + sizeof(uint) + sizeof(long);

    internal static Origin Read(ReadOnlySpan<byte> bytes) => new(
        Incarnation.Read(bytes),
        BinaryPrimitives.ReadUInt32LittleEndian(bytes[Incarnation.LengthBytes..]),
        BinaryPrimitives.ReadInt64LittleEndian(bytes[(Incarnation.LengthBytes + sizeof(uint))..]));

    internal void Write(Span<byte> bytes)
    {
        Hub.Write(bytes);
        BinaryPrimitives.WriteUInt32LittleEndian(bytes[Incarnation.LengthBytes..], Partition);
        BinaryPrimitives.WriteInt64LittleEndian(bytes[(Incarnation.LengthBytes + sizeof(uint))..], SequenceNumber);
    }
}

/// <summary>Writes what stands between a commit frame's header and its body; writer, sequence and frame time stay zero until the append.</summary>
internal static class FrameEnvelope
{
    private const int MaxTraceBytes = byte.MaxValue;
    private const byte ActorBit = 1;
    private const byte NoteBit = 2;

    // Refuses lone surrogates instead of replacing them.
    private static readonly UTF8Encoding Utf8 = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);

    /// <summary>Writes a header's room and the envelope into an empty buffer.</summary>
    public static FrameFlags Write(
        ref PooledBuffer bytes,
        ReadOnlySpan<byte> commitId,
        bool givenByCaller,
        Timestamp firstSent,
        CommitMeta? meta,
        Origin? origin,
        ReadOnlySpan<byte> trace)
    {
        var flags = givenByCaller ? FrameFlags.IdGivenByCaller : FrameFlags.None;
        var head = bytes.Reserve(FrameFormat.CommitIdAt + 1 + commitId.Length);
        head[..FrameFormat.FirstSentAt].Clear();
        BinaryPrimitives.WriteInt64LittleEndian(head[FrameFormat.FirstSentAt..], firstSent.Microseconds);
        ByteWriting.Short(head[FrameFormat.CommitIdAt..], commitId);

        if (origin is { } from)
        {
            from.Write(bytes.Reserve(Origin.LengthBytes));
            flags |= FrameFlags.Origin;
        }

        if (meta is { Actor: not null } or { Note: not null })
        {
            WriteMeta(ref bytes, meta);
            flags |= FrameFlags.Meta;
        }

        if (!trace.IsEmpty)
        {
            TextRules.RequireAtMost(trace, "trace", MaxTraceBytes);
            ByteWriting.Short(bytes.Reserve(1 + trace.Length), trace);
            flags |= FrameFlags.Trace;
        }

        return flags;
    }

    /// <summary>Reads a meta's payload.</summary>
    public static CommitMeta ReadMeta(ReadOnlySpan<byte> payload)
    {
        var reader = new ByteReader(payload);
        var parts = reader.Byte();
        var actor = (parts & ActorBit) != 0 ? Encoding.UTF8.GetString(reader.Medium()) : null;
        var note = (parts & NoteBit) != 0 ? Encoding.UTF8.GetString(reader.Medium()) : null;
        return reader.Left == 0 ? new(actor, note) : throw Malformed.Because("bytes stand behind a commit's meta");
    }

    private static void WriteMeta(ref PooledBuffer bytes, CommitMeta meta)
    {
        try
        {
            var lengthBytes = 1 + EncodedBytes(meta.Actor) + EncodedBytes(meta.Note);
            if (lengthBytes > Limits.MetaBytes)
            {
                throw CairnException.OverLimit("meta", $"meta takes at most {Limits.MetaBytes} bytes", Limits.MetaBytes, lengthBytes);
            }

            var at = bytes.Reserve(sizeof(ushort) + lengthBytes);
            BinaryPrimitives.WriteUInt16LittleEndian(at, (ushort)lengthBytes);
            at[2] = (byte)((meta.Actor is null ? 0 : ActorBit) | (meta.Note is null ? 0 : NoteBit));
            WritePart(WritePart(at[3..], meta.Actor), meta.Note);
        }
        catch (EncoderFallbackException)
        {
            throw CairnException.Invalid("meta", "meta holds a lone surrogate");
        }
    }

    private static int EncodedBytes(string? text) => text is null ? 0 : sizeof(ushort) + Utf8.GetByteCount(text);

    private static Span<byte> WritePart(Span<byte> destination, string? text)
    {
        if (text is null)
        {
            return destination;
        }

        var lengthBytes = Utf8.GetBytes(text, destination[sizeof(ushort)..]);
        BinaryPrimitives.WriteUInt16LittleEndian(destination, (ushort)lengthBytes);
        return destination[(sizeof(ushort) + lengthBytes)..];
    }
}
