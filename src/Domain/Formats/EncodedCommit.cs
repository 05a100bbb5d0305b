using System.Buffers;
using System.Buffers.Binary;
using Cairn.Primitives;

namespace Cairn.Formats;

/// <summary>One commit as a frame, complete but for what its append decides: writer, sequence and frame time.</summary>
/// <remarks>
/// Immutable, so that any thread may read it, until <see cref="Return"/>. It owns a pooled array: the last holder returns it once;
/// after that every access is an internal error. One that is never returned costs a garbage collection, nothing else.
/// </remarks>
public sealed class EncodedCommit
{
    private readonly int _lengthBytes;
    private readonly int _bodyAt;
    private byte[]? _bytes;

    internal EncodedCommit(byte[] bytes, int lengthBytes, int bodyAt, int operationCount)
    {
        _bytes = bytes;
        _lengthBytes = lengthBytes;
        _bodyAt = bodyAt;
        OperationCount = operationCount;
    }

    /// <summary>Operations, 0 to 10,000.</summary>
    public int OperationCount { get; }

    /// <summary>Bytes of the frame.</summary>
    public int LengthBytes => _lengthBytes;

    /// <summary>The frame, its writer, sequence, frame time and header checksum still zero.</summary>
    public ReadOnlyMemory<byte> Frame => Bytes.AsMemory(0, _lengthBytes);

    /// <summary>The commit's id, 1 to 128 visible ASCII characters.</summary>
    public ReadOnlySpan<byte> CommitId => Bytes.AsSpan(FrameFormat.CommitIdAt + 1, Bytes[FrameFormat.CommitIdAt]);

    /// <summary>The caller chose the id, so that it is remembered.</summary>
    public bool IdGivenByCaller => (Bytes[FrameFormat.FlagsAt] & (byte)FrameFlags.IdGivenByCaller) != 0;

    /// <summary>It came from a hub.</summary>
    public bool HasOrigin => (Bytes[FrameFormat.FlagsAt] & (byte)FrameFlags.Origin) != 0;

    /// <summary>When the commit was first sent.</summary>
    public Timestamp FirstSent => new(BinaryPrimitives.ReadInt64LittleEndian(Bytes.AsSpan(FrameFormat.FirstSentAt)));

    /// <summary>Preconditions and operations, as <see cref="CommitReader"/> reads them.</summary>
    public ReadOnlySpan<byte> Body => Bytes.AsSpan(_bodyAt, _lengthBytes - _bodyAt);

    private byte[] Bytes => _bytes ?? throw new CairnException(ErrorKind.Internal, "the commit's buffer was returned");

    /// <summary>Copies the frame to the start of <paramref name="destination"/> and fills in what the append decides.</summary>
    public void Stamp(WriterId writer, ulong sequence, Timestamp frameTime, Span<byte> destination)
    {
        var frame = destination[.._lengthBytes];
        Bytes.AsSpan(0, _lengthBytes).CopyTo(frame);
        FrameFormat.Stamp(frame, writer, sequence, frameTime);
    }

    /// <summary>Gives the array back to the pool. Once: a second call is an internal error.</summary>
    public void Return()
    {
        var bytes = Interlocked.Exchange(ref _bytes, null);
        Invariant.Require(bytes is not null, "the commit's buffer was returned before");
        ArrayPool<byte>.Shared.Return(bytes);
    }
}
