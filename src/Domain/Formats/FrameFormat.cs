using System.Buffers.Binary;
using Cairn.Primitives;

namespace Cairn.Formats;

/// <summary>What a frame says; the values are those of the format.</summary>
public enum FrameKind : byte
{
    /// <summary>A commit.</summary>
    Commit = 1,

    /// <summary>The complete settings of the space after a change.</summary>
    Configuration = 2,

    /// <summary>The log goes on in the next log file; what stands behind it is ignored.</summary>
    Roll = 3,

    /// <summary>The space is deleted; nothing may be appended.</summary>
    Seal = 4,

    /// <summary>Marks a point in the log and changes nothing.</summary>
    Barrier = 5,

    /// <summary>Reserved: an event that could not be a commit.</summary>
    Rejection = 6,

    /// <summary>Removes concepts that have expired, with their associations.</summary>
    Purge = 7,

    /// <summary>Reserved: a commit whose body lies elsewhere.</summary>
    ClaimCheck = 8,

    /// <summary>A generation of rows ends: dead ones, and keys that nothing refers to, count no more against the limits of the indexes.</summary>
    Generation = 9,

    /// <summary>Vectors that the service computed of concepts' texts.</summary>
    Embeddings = 10,
}

/// <summary>Optional parts of a frame's envelope.</summary>
[Flags]
internal enum FrameFlags : byte
{
    None = 0,

    /// <summary>The commit's id was given by the caller, so that it is remembered.</summary>
    IdGivenByCaller = 1,
    Origin = 2,
    Meta = 4,
    Trace = 8,

    /// <summary>All that this version knows.</summary>
    All = IdGivenByCaller | Origin | Meta | Trace,
}

/// <summary>Layout of a frame: 24 bytes of header, the envelope, the body. All numbers are little-endian; docs/formats/log.md has the whole.</summary>
internal static class FrameFormat
{
    public const uint Magic = 0x4D524643; // "CFRM"
    public const byte Version = 1;
    public const byte RulesVersion = 1;
    public const int HeaderBytes = 24;

    /// <summary>What the header's own checksum covers before it goes on with the envelope.</summary>
    public const int CheckedHeaderBytes = 20;

    public const int VersionAt = 4;
    public const int RulesVersionAt = 5;
    public const int KindAt = 6;
    public const int FlagsAt = 7;
    public const int LengthAt = 8;
    public const int EnvelopeLengthAt = 12;
    public const int ReservedAt = 14;
    public const int BodyChecksumAt = 16;
    public const int HeaderChecksumAt = 20;

    // The envelope begins with four fields of fixed size.
    public const int WriterAt = 24;
    public const int SequenceAt = 40;
    public const int TimeAt = 48;
    public const int FirstSentAt = 56;
    public const int CommitIdAt = 64;

    /// <summary>The smallest frame: an empty commit id and no body.</summary>
    public const int MinBytes = CommitIdAt + 1;

    /// <summary>Writes the header of a frame whose envelope and body are in place; its checksum follows with <see cref="Stamp"/>.</summary>
    public static void WriteHeader(Span<byte> frame, FrameKind kind, FrameFlags flags, int envelopeBytes)
    {
        BinaryPrimitives.WriteUInt32LittleEndian(frame, Magic);
        frame[VersionAt] = Version;
        frame[RulesVersionAt] = RulesVersion;
        frame[KindAt] = (byte)kind;
        frame[FlagsAt] = (byte)flags;
        BinaryPrimitives.WriteInt32LittleEndian(frame[LengthAt..], frame.Length);
        BinaryPrimitives.WriteUInt16LittleEndian(frame[EnvelopeLengthAt..], (ushort)envelopeBytes);
        BinaryPrimitives.WriteUInt16LittleEndian(frame[ReservedAt..], 0);
        BinaryPrimitives.WriteUInt32LittleEndian(frame[BodyChecksumAt..], Crc32C.Compute(frame[(HeaderBytes + envelopeBytes)..]));
    }

    /// <summary>Fills in what only the appender knows, and the header's checksum over it.</summary>
    public static void Stamp(Span<byte> frame, WriterId writer, ulong sequence, Timestamp time)
    {
        Invariant.Require(FieldPayload.IsInstant(time.Microseconds), "a frame's time lies outside the years 0001 to 9999");
        BinaryPrimitives.WriteUInt128BigEndian(frame[WriterAt..], writer.Value);
        BinaryPrimitives.WriteUInt64LittleEndian(frame[SequenceAt..], sequence);
        BinaryPrimitives.WriteInt64LittleEndian(frame[TimeAt..], time.Microseconds);
        BinaryPrimitives.WriteUInt32LittleEndian(frame[HeaderChecksumAt..], HeaderChecksum(frame));
    }

    /// <summary>The checksum of the header and the envelope.</summary>
    public static uint HeaderChecksum(ReadOnlySpan<byte> frame)
    {
        var envelopeBytes = BinaryPrimitives.ReadUInt16LittleEndian(frame[EnvelopeLengthAt..]);
        return Crc32C.Compute(frame.Slice(HeaderBytes, envelopeBytes), Crc32C.Compute(frame[..CheckedHeaderBytes]));
    }

    /// <summary>Bytes of a frame without commit id, as <see cref="WriteSystemFrame"/> writes it.</summary>
    public static int SystemFrameBytes(int bodyBytes) => MinBytes + bodyBytes;

    /// <summary>Writes a whole frame that is not a commit into exactly <see cref="SystemFrameBytes"/> bytes.</summary>
    public static void WriteSystemFrame(Span<byte> frame, FrameKind kind, ReadOnlySpan<byte> body, WriterId writer, ulong sequence, Timestamp time)
    {
        BinaryPrimitives.WriteInt64LittleEndian(frame[FirstSentAt..], time.Microseconds);
        frame[CommitIdAt] = 0;
        body.CopyTo(frame[MinBytes..]);
        WriteHeader(frame, kind, FrameFlags.None, MinBytes - HeaderBytes);
        Stamp(frame, writer, sequence, time);
    }
}
