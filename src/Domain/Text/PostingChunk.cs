using System.Buffers.Binary;
using Cairn.Formats;

namespace Cairn.Text;

/// <summary>
/// A chunk of a run's postings: blocks one behind the other. Immutable; any thread.
/// Invariant: every block is whole, its documents rise and are of the run, so that whoever begins at a block reads it without checks.
/// </summary>
/// <remarks>
/// A block is the length of its entries (u16) and the entries, as <see cref="PostingLists"/> has them: the first one with its document plus 1, the others with the distance.
/// </remarks>
internal sealed class PostingChunk
{
    /// <summary>Bytes of a chunk at most.</summary>
    public const int MaxBytes = 64 * 1024;

    /// <summary>Bytes of a block before its entries.</summary>
    public const int HeaderBytes = sizeof(ushort);

    /// <summary>Bytes of the entries of a block at most, as they are written.</summary>
    public const int MaxEntriesBytes = 4 * 1024;

    private const int BitsPerWord = 64;

    // A bit for each byte: whether a block begins there. A place in a dictionary is only believed if it is set.
    private readonly ulong[] _starts;

    private PostingChunk(byte[] bytes, ulong[] starts) => (Bytes, _starts) = (bytes, starts);

    /// <summary>All of it.</summary>
    public byte[] Bytes { get; }

    /// <summary>Bytes of memory, about.</summary>
    public const int MemoryBytes = MaxBytes + (MaxBytes / 8);

    /// <summary>Whether a block begins at a place.</summary>
    public bool IsStart(int offset) => offset < Bytes.Length && (_starts[offset / BitsPerWord] >> (offset % BitsPerWord) & 1) != 0;

    /// <summary>Where a block ends that begins at a place.</summary>
    public int EndOf(int block) => block + HeaderBytes + BinaryPrimitives.ReadUInt16LittleEndian(Bytes.AsSpan(block));

    /// <summary>A chunk from its stored bytes, which it keeps.</summary>
    /// <param name="bytes">Any.</param>
    /// <param name="run">What it is a part of.</param>
    /// <exception cref="Primitives.CairnException">Corrupt: these are no blocks of that run.</exception>
    public static PostingChunk Read(byte[] bytes, StoredRun run)
    {
        Require(bytes.Length is > 0 and <= MaxBytes, "its length is out of range");
        var starts = new ulong[(bytes.Length + BitsPerWord - 1) / BitsPerWord];
        var reader = new ByteReader(bytes);
        while (reader.Left > 0)
        {
            starts[reader.At / BitsPerWord] |= 1UL << (reader.At % BitsPerWord);
            CheckBlock(reader.Medium(), run);
        }

        return new(bytes, starts);
    }

    private static void CheckBlock(ReadOnlySpan<byte> entries, StoredRun run)
    {
        Require(!entries.IsEmpty, "a block is empty");
        var reader = new ByteReader(entries);
        for (var document = -1L; reader.Left > 0;)
        {
            var before = Math.Max(document, run.First - 1L);
            document += reader.Varint();
            Require(document > before && document < run.End, "its documents are out of order");
            CheckBody(ref reader);
        }
    }

    private static void CheckBody(ref ByteReader reader)
    {
        var frequency = reader.Varint();
        Require(frequency is > 0 and <= int.MaxValue, "a frequency is out of range");
        if (frequency == 1)
        {
            Require(reader.Varint() < PostingLists.PositionLimit, "a position is out of range");
            return;
        }

        var positions = reader.Varying();
        Require(positions.Length <= PostingLists.MaxPositionsBytes, "positions are too long");
        var places = new ByteReader(positions);
        var position = 0L;
        for (var left = Math.Min(frequency, PostingLists.MaxPositions); left > 0; left--)
        {
            position += places.Varint();
        }

        Require(places.Left == 0 && position < PostingLists.PositionLimit, "positions are out of range");
    }

    private static void Require(bool holds, string what)
    {
        if (!holds)
        {
            throw Malformed.Because("postings are damaged: " + what);
        }
    }
}
