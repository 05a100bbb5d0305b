using Cairn.Formats;

namespace Cairn.Text;

/// <summary>Where a run has the postings of a term.</summary>
/// <param name="Documents">Documents that the term is in.</param>
/// <param name="Blocks">Blocks one behind the other; those that do not fit into a chunk are at the start of the next ones.</param>
/// <param name="Chunk">The chunk of the first.</param>
/// <param name="Offset">Where in it, in bytes.</param>
internal readonly record struct TermPlace(int Documents, int Blocks, int Chunk, int Offset);

/// <summary>A chunk of a run's dictionary: terms in byte order and where their postings are. Immutable; any thread. Invariant: terms rise, and places are of the run.</summary>
/// <remarks>A term is its length (u8) and its bytes; then come, in unsigned LEB128, what <see cref="TermPlace"/> has, in its order.</remarks>
internal sealed class TermChunk
{
    /// <summary>Bytes of a chunk at most.</summary>
    public const int MaxBytes = 16 * 1024;

    /// <summary>Bytes of memory, about.</summary>
    public const int MemoryBytes = MaxBytes + (MaxBytes / 8);

    private readonly byte[] _bytes;
    private readonly ushort[] _starts;

    private TermChunk(byte[] bytes, ushort[] starts) => (_bytes, _starts) = (bytes, starts);

    /// <summary>Terms.</summary>
    public int Count => _starts.Length;

    /// <summary>The bytes of a term.</summary>
    public ReadOnlySpan<byte> this[int index] => _bytes.AsSpan(_starts[index] + 1, _bytes[_starts[index]]);

    /// <summary>Where a term's postings are.</summary>
    public TermPlace Place(int index)
    {
        var reader = new ByteReader(_bytes.AsSpan(_starts[index]));
        reader.Short();
        return ReadPlace(ref reader);
    }

    /// <summary>The first place whose term is not less than another.</summary>
    public int LowerBound(ReadOnlySpan<byte> term)
    {
        var (low, high) = (0, Count);
        while (low < high)
        {
            var middle = (low + high) >>> 1;
            (low, high) = this[middle].SequenceCompareTo(term) < 0 ? (middle + 1, high) : (low, middle);
        }

        return low;
    }

    /// <summary>A chunk from its stored bytes, which it keeps.</summary>
    /// <param name="bytes">Any.</param>
    /// <param name="run">What it is a part of.</param>
    /// <exception cref="Primitives.CairnException">Corrupt: this is no dictionary of that run.</exception>
    public static TermChunk Read(byte[] bytes, StoredRun run)
    {
        Require(bytes.Length is > 0 and <= MaxBytes, "its length is out of range");
        var starts = new List<ushort>();
        var reader = new ByteReader(bytes);
        for (ReadOnlySpan<byte> before = default; reader.Left > 0;)
        {
            starts.Add((ushort)reader.At);
            var term = reader.Short();
            Require(term.Length <= Terms.MaxBytes && term.SequenceCompareTo(before) > 0, "its terms are out of order");
            before = term;
            CheckPlace(ReadPlace(ref reader), run);
        }

        return new(bytes, [.. starts]);
    }

    private static TermPlace ReadPlace(ref ByteReader reader) =>
        new((int)reader.Varint(), (int)reader.Varint(), (int)reader.Varint(), (int)reader.Varint());

    private static void CheckPlace(TermPlace place, StoredRun run)
    {
        Require(place.Documents > 0 && place.Documents <= run.End - run.First, "a term has too many documents, or none");
        Require(place.Blocks > 0 && place.Blocks <= place.Documents, "a term has too many blocks, or none");
        Require((uint)place.Chunk < (uint)run.PostingChunks && (uint)place.Offset < PostingChunk.MaxBytes, "postings lie outside of the run");
    }

    private static void Require(bool holds, string what)
    {
        if (!holds)
        {
            throw Malformed.Because("a dictionary of terms is damaged: " + what);
        }
    }
}
