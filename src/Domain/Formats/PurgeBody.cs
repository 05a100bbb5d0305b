using System.Buffers.Binary;

namespace Cairn.Formats;

/// <summary>The body of a purge: ids of concepts that are removed if they have expired. u32 count, then each id behind a u16 length.</summary>
internal static class PurgeBody
{
    /// <summary>Concepts of one purge at most, so that commits wait little for it.</summary>
    public const int MaxConcepts = 256;

    /// <summary>Bytes of a body at most.</summary>
    public const int MaxBytes = 64 * 1024;

    /// <summary>The smallest entry: an id of one byte.</summary>
    public const int MinEntryBytes = sizeof(ushort) + 1;
}

/// <summary>Gathers the ids of one purge, up to the limits of <see cref="PurgeBody"/>. One thread.</summary>
internal sealed class PurgeWriter
{
    private byte[] _bytes = new byte[1024];
    private int _length = sizeof(uint);

    /// <summary>Ids so far.</summary>
    public int Count { get; private set; }

    /// <summary>Adds an id; false: the purge is full.</summary>
    /// <param name="id">UTF-8, 1 to 512 bytes.</param>
    public bool TryAdd(ReadOnlySpan<byte> id)
    {
        var length = _length + sizeof(ushort) + id.Length;
        if (Count == PurgeBody.MaxConcepts || length > PurgeBody.MaxBytes)
        {
            return false;
        }

        if (length > _bytes.Length)
        {
            Array.Resize(ref _bytes, Math.Max(length, _bytes.Length * 2));
        }

        ByteWriting.Medium(_bytes.AsSpan(_length), id);
        _length = length;
        Count++;
        return true;
    }

    /// <summary>The body; the writer begins anew.</summary>
    public byte[] Finish()
    {
        BinaryPrimitives.WriteInt32LittleEndian(_bytes, Count);
        var body = _bytes[.._length];
        (Count, _length) = (0, sizeof(uint));
        return body;
    }
}

/// <summary>Reads the body of a purge. Allocates nothing.</summary>
/// <remarks>Every read may throw Corrupt: the bytes are malformed. How many ids there may be is the writer's business.</remarks>
internal ref struct PurgeReader
{
    private ByteReader _reader;
    private int _left;

    /// <summary>Starts at the body's first byte.</summary>
    public PurgeReader(ReadOnlySpan<byte> body)
    {
        _reader = new(body);
        var count = _reader.UInt32();
        _left = count <= (uint)_reader.Left / PurgeBody.MinEntryBytes ? (int)count : throw Malformed.Because("a purge counts more than it holds");
    }

    /// <summary>Reads the next id; false behind the last.</summary>
    public bool TryRead(out ReadOnlySpan<byte> id)
    {
        id = default;
        if (_left == 0)
        {
            return _reader.Left == 0 ? false : throw Malformed.Because("bytes stand behind a purge's ids");
        }

        _left--;
        id = OperationView.ReadId(ref _reader);
        return true;
    }
}
