using System.Buffers.Binary;
using Cairn.Formats;
using Cairn.Primitives;

namespace Cairn.Reconciliation.Outcomes;

/// <summary>Finds a key among the sorted ids of a file: the chunk by the fences, which are here, then the id in the chunk. Immutable.</summary>
internal sealed class CommitIdTable
{
    private readonly UInt128[] _fences;

    private CommitIdTable(UInt128[] fences) => _fences = fences;

    /// <summary>Bytes of memory.</summary>
    public long Bytes => _fences.Length * (long)CommitKey.LengthBytes;

    /// <param name="fences">The first key of each chunk, and the last key of all.</param>
    /// <param name="chunks">How many chunks there are, at least 1.</param>
    /// <exception cref="CairnException">Corrupt: they are not that many, or not sorted.</exception>
    public static CommitIdTable Read(ReadOnlySpan<byte> fences, int chunks)
    {
        if (fences.Length != (chunks + 1L) * CommitKey.LengthBytes)
        {
            throw Malformed.Because("there are more or fewer fences than chunks of ids");
        }

        var keys = new UInt128[chunks + 1];
        for (var i = 0; i < keys.Length; i++)
        {
            keys[i] = BinaryPrimitives.ReadUInt128LittleEndian(fences[(i * CommitKey.LengthBytes)..]);
            if (i > 0 && keys[i] < keys[i - 1])
            {
                throw Malformed.Because("fences are out of order");
            }
        }

        return new(keys);
    }

    /// <summary>The chunk that holds a key if any does; −1: none does.</summary>
    public int ChunkOf(UInt128 key)
    {
        if (key < _fences[0] || key > _fences[^1])
        {
            return -1;
        }

        // The last chunk whose first key is not larger: of several commits with one id the last one counts.
        var (low, high) = (0, _fences.Length - 1);
        while (high - low > 1)
        {
            var middle = (low + high) / 2;
            (low, high) = _fences[middle] <= key ? (middle, high) : (low, middle);
        }

        return low;
    }

    /// <summary>The position of the last commit with a key in a chunk of ids; null: it is not there.</summary>
    /// <exception cref="CairnException">Corrupt: they are no ids.</exception>
    public static LogPosition? Find(ReadOnlySpan<byte> ids, UInt128 key)
    {
        var count = ids.Length / OutcomeSections.IdBytes;
        if (ids.Length % OutcomeSections.IdBytes != 0 || count is 0 or > OutcomeSections.IdsPerChunk)
        {
            throw Malformed.Because("a chunk of ids has a wrong length");
        }

        var (low, high) = (0, count);
        while (low < high)
        {
            var middle = (low + high) / 2;
            (low, high) = Entry(ids, middle).Key <= key ? (middle + 1, high) : (low, middle);
        }

        return low > 0 && Entry(ids, low - 1) is var last && last.Key == key ? last.Position : null;
    }

    private static CommitIdEntry Entry(ReadOnlySpan<byte> ids, int index) => CommitIdEntry.Read(ids[(index * OutcomeSections.IdBytes)..]);
}
