using System.Buffers.Binary;
using Cairn.Model;
using Cairn.Primitives;

namespace Cairn.Formats;

/// <summary>One frame where it lies. Reading copies nothing; the view lives as long as the bytes.</summary>
public readonly ref struct FrameView
{
    private readonly ReadOnlySpan<byte> _frame;
    private readonly int _bodyAt;
    private readonly int _metaAt;
    private readonly int _metaBytes;
    private readonly int _traceAt;

    private FrameView(ReadOnlySpan<byte> frame)
    {
        _frame = frame;
        _bodyAt = FrameFormat.HeaderBytes + BinaryPrimitives.ReadUInt16LittleEndian(frame[FrameFormat.EnvelopeLengthAt..]);
        if (_bodyAt > frame.Length)
        {
            Malformed.Throw("an envelope ends past its frame");
        }

        var reader = new ByteReader(frame[..Math.Max(_bodyAt, FrameFormat.MinBytes)]);
        reader.Take(FrameFormat.CommitIdAt);
        reader.Short();
        reader.Take(HasOrigin ? Origin.LengthBytes : 0);
        _metaBytes = Has(FrameFlags.Meta) ? reader.UInt16() : 0;
        _metaAt = reader.At;
        reader.Take(_metaBytes);
        _traceAt = reader.At;
        if (Has(FrameFlags.Trace))
        {
            reader.Short();
        }

        if (reader.At != _bodyAt)
        {
            Malformed.Throw("an envelope has another length than its parts");
        }
    }

    /// <summary>What the frame says.</summary>
    public FrameKind Kind => (FrameKind)_frame[FrameFormat.KindAt];

    /// <summary>The rules by which replay applies it.</summary>
    public byte RulesVersion => _frame[FrameFormat.RulesVersionAt];

    /// <summary>Who appended it.</summary>
    public WriterId Writer => new(BinaryPrimitives.ReadUInt128BigEndian(_frame[FrameFormat.WriterAt..]));

    /// <summary>The writer's count of frames, without gaps.</summary>
    public ulong Sequence => BinaryPrimitives.ReadUInt64LittleEndian(_frame[FrameFormat.SequenceAt..]);

    /// <summary>When it was appended, by the writer's clock.</summary>
    public Timestamp Time => new(BinaryPrimitives.ReadInt64LittleEndian(_frame[FrameFormat.TimeAt..]));

    /// <summary>When its commit was first sent; of other frames the frame time.</summary>
    public Timestamp FirstSent => new(BinaryPrimitives.ReadInt64LittleEndian(_frame[FrameFormat.FirstSentAt..]));

    /// <summary>The commit's id, visible ASCII; empty for other frames.</summary>
    public ReadOnlySpan<byte> CommitId => _frame.Slice(FrameFormat.CommitIdAt + 1, _frame[FrameFormat.CommitIdAt]);

    /// <summary>The caller chose the id, so that it is remembered.</summary>
    public bool IdGivenByCaller => Has(FrameFlags.IdGivenByCaller);

    /// <summary>It came through an event hub.</summary>
    public bool HasOrigin => Has(FrameFlags.Origin);

    /// <summary>Which event it came from; default without one.</summary>
    public Origin Origin => HasOrigin ? Origin.Read(_frame[(FrameFormat.CommitIdAt + 1 + CommitId.Length)..]) : default;

    /// <summary>Whether a whole frame has a trace context, by one look at its flags.</summary>
    public static bool HasTrace(ReadOnlySpan<byte> frame) => ((FrameFlags)frame[FrameFormat.FlagsAt] & FrameFlags.Trace) != 0;

    /// <summary>The trace context kept with it; empty without one.</summary>
    public ReadOnlySpan<byte> Trace => Has(FrameFlags.Trace) ? _frame.Slice(_traceAt + 1, _frame[_traceAt]) : default;

    /// <summary>What the frame carries.</summary>
    public ReadOnlySpan<byte> Body => _frame[_bodyAt..];

    /// <summary>Bytes of the frame, header and envelope included.</summary>
    public int LengthBytes => _frame.Length;

    /// <summary>Who told us, and why; null if the commit does not say. Allocates.</summary>
    public CommitMeta? ReadMeta() => Has(FrameFlags.Meta) ? FrameEnvelope.ReadMeta(_frame.Slice(_metaAt, _metaBytes)) : null;

    /// <summary>Reads the frame at the start of <paramref name="bytes"/>, which may go on behind it. Verifies both checksums.</summary>
    /// <exception cref="CairnException">Corrupt: it is damaged, or of a later version (the message names it).</exception>
    public static FrameView Parse(ReadOnlySpan<byte> bytes) =>
        TryParse(bytes, out var frame) ? frame : throw Malformed.Because("a frame is cut short, or its checksum is wrong");

    /// <summary>As <see cref="Parse"/>, but damage is an answer, not an exception.</summary>
    /// <exception cref="CairnException">Corrupt: it is whole but makes no sense, or is of a later version.</exception>
    internal static bool TryParse(ReadOnlySpan<byte> bytes, out FrameView view)
    {
        view = default;
        if (!TryReadLength(bytes, out var lengthBytes))
        {
            return false;
        }

        var frame = bytes[..lengthBytes];
        var bodyAt = FrameFormat.HeaderBytes + BinaryPrimitives.ReadUInt16LittleEndian(frame[FrameFormat.EnvelopeLengthAt..]);
        if (bodyAt > lengthBytes
            || FrameFormat.HeaderChecksum(frame) != BinaryPrimitives.ReadUInt32LittleEndian(frame[FrameFormat.HeaderChecksumAt..])
            || Crc32C.Compute(frame[bodyAt..]) != BinaryPrimitives.ReadUInt32LittleEndian(frame[FrameFormat.BodyChecksumAt..]))
        {
            return false;
        }

        RequireKnown(frame);
        view = new(frame);
        if (!FieldPayload.IsInstant(view.Time.Microseconds) || !FieldPayload.IsInstant(view.FirstSent.Microseconds))
        {
            Malformed.Throw("a frame's time lies outside the years 0001 to 9999");
        }

        return true;
    }

    /// <summary>A frame whose checksums were verified, or computed, in this process.</summary>
    /// <param name="frame">Exactly the frame.</param>
    internal static FrameView OfVerified(ReadOnlySpan<byte> frame) => new(frame);

    /// <summary>Bytes of the frame that begins here, by its header; false if none does, or not all of it is there.</summary>
    internal static bool TryReadLength(ReadOnlySpan<byte> bytes, out int lengthBytes)
    {
        lengthBytes = 0;
        if (bytes.Length < FrameFormat.MinBytes || BinaryPrimitives.ReadUInt32LittleEndian(bytes) != FrameFormat.Magic)
        {
            return false;
        }

        var stored = BinaryPrimitives.ReadUInt32LittleEndian(bytes[FrameFormat.LengthAt..]);
        if (stored < FrameFormat.MinBytes || stored > (uint)bytes.Length)
        {
            return false;
        }

        lengthBytes = (int)stored;
        return true;
    }

    // Only after the checksums: a flipped bit is damage, not a later version.
    private static void RequireKnown(ReadOnlySpan<byte> frame)
    {
        RequireKnown("frame format version", frame[FrameFormat.VersionAt], FrameFormat.Version);
        RequireKnown("rules version", frame[FrameFormat.RulesVersionAt], FrameFormat.RulesVersion);
        RequireKnown("frame kind", frame[FrameFormat.KindAt], (byte)FrameKind.Embeddings);
        var unknownFlags = frame[FrameFormat.FlagsAt] & ~(int)FrameFlags.All;
        if (unknownFlags != 0)
        {
            throw Malformed.Unsupported("frame flags", unknownFlags, (int)FrameFlags.All);
        }
    }

    private static void RequireKnown(string what, byte found, byte known)
    {
        if (found == 0 || found > known)
        {
            throw Malformed.Unsupported(what, found, known);
        }
    }

    private bool Has(FrameFlags flag) => (_frame[FrameFormat.FlagsAt] & (byte)flag) != 0;
}
