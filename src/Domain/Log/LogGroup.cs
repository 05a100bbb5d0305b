using System.Buffers.Binary;
using Cairn.Formats;
using Cairn.Primitives;

namespace Cairn.Log;

/// <summary>The frames of one append, durable and whole, their checksums verified. Enumerates them in order.</summary>
/// <remarks>The bytes are borrowed: whoever hands the group over says how long they stay.</remarks>
public readonly struct LogGroup
{
    internal LogGroup(ReadOnlyMemory<byte> bytes, int file, long offset)
    {
        Bytes = bytes;
        File = file;
        Offset = offset;
    }

    /// <summary>The whole group, its header included.</summary>
    public ReadOnlyMemory<byte> Bytes { get; }

    /// <summary>The log file that holds it.</summary>
    public int File { get; }

    /// <summary>Where it begins, in bytes from the file's start.</summary>
    public long Offset { get; }

    /// <summary>Frames in it, at least 1.</summary>
    public int FrameCount => GroupHeader.ReadFrameCount(Bytes.Span);

    /// <summary>Where it ends, which is the position of its last frame.</summary>
    public LogPosition End => LogPosition.Of(File, Offset + Bytes.Length);

    /// <summary>The frames in order; allocates nothing.</summary>
    public FrameEnumerator GetEnumerator() => new(this);

    /// <summary>Walks over the frames of a group.</summary>
    public struct FrameEnumerator
    {
        private readonly LogGroup _group;
        private int _at;

        internal FrameEnumerator(LogGroup group)
        {
            _group = group;
            _at = GroupHeader.HeaderBytes;
        }

        /// <summary>The frame at hand.</summary>
        public LogFrame Current { get; private set; }

        /// <summary>Goes to the next frame; false behind the last.</summary>
        public bool MoveNext()
        {
            if (_at >= _group.Bytes.Length)
            {
                return false;
            }

            var lengthBytes = BinaryPrimitives.ReadInt32LittleEndian(_group.Bytes.Span[(_at + FrameFormat.LengthAt)..]);
            var bytes = _group.Bytes.Slice(_at, lengthBytes);
            _at += lengthBytes;
            Current = new(bytes, LogPosition.Of(_group.File, _group.Offset + _at));
            return true;
        }
    }
}

/// <summary>One frame of a group.</summary>
public readonly struct LogFrame
{
    internal LogFrame(ReadOnlyMemory<byte> bytes, LogPosition position)
    {
        Bytes = bytes;
        Position = position;
    }

    /// <summary>The frame.</summary>
    public ReadOnlyMemory<byte> Bytes { get; }

    /// <summary>Where it ends in the log.</summary>
    public LogPosition Position { get; }

    /// <summary>Its parts, without verifying the checksums again.</summary>
    public FrameView View => FrameView.OfVerified(Bytes.Span);
}
