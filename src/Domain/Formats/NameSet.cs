using Cairn.Primitives;

namespace Cairn.Formats;

/// <summary>The names of the lists and objects that are open, to find repeated ones. Names lie in the commit's buffer, each behind its length byte.</summary>
internal struct NameSet()
{
    private uint[] _hashes = new uint[32];
    private int[] _offsets = new int[32];

    public int Count { get; private set; }

    public void Truncate(int count) => Count = count;

    /// <summary>Adds the name that the caller writes next, behind <paramref name="buffer"/>; false if one from <paramref name="first"/> on is equal.</summary>
    public bool TryAdd(int first, ReadOnlySpan<byte> buffer, ReadOnlySpan<byte> name)
    {
        var hash = Crc32C.Compute(name);
        if (Contains(first, hash, buffer, name))
        {
            return false;
        }

        if (Count == _hashes.Length)
        {
            Array.Resize(ref _hashes, Count * 2);
            Array.Resize(ref _offsets, Count * 2);
        }

        _hashes[Count] = hash;
        _offsets[Count++] = buffer.Length;
        return true;
    }

    private readonly bool Contains(int first, uint hash, ReadOnlySpan<byte> buffer, ReadOnlySpan<byte> name)
    {
        for (var i = first; i < Count; i++)
        {
            var next = _hashes.AsSpan(i, Count - i).IndexOf(hash);
            if (next < 0)
            {
                return false;
            }

            i += next;
            var offset = _offsets[i];
            if (buffer[offset] == name.Length && buffer.Slice(offset + 1, name.Length).SequenceEqual(name))
            {
                return true;
            }
        }

        return false;
    }
}
