using System.Numerics;

namespace Cairn.Columns;

/// <summary>Numbers of chunks that changed since the last checkpoint: a bit each. One thread at a time.</summary>
internal sealed class ChunkMarks
{
    private ulong[] _bits = [];

    /// <summary>Notes a chunk.</summary>
    public void Mark(int number)
    {
        if (number / 64 >= _bits.Length)
        {
            Array.Resize(ref _bits, (int)BitOperations.RoundUpToPowerOf2((uint)(number / 64) + 1));
        }

        _bits[number / 64] |= 1UL << (number % 64);
    }

    /// <summary>Whether a chunk is noted.</summary>
    public bool IsMarked(int number) => number / 64 < _bits.Length && (_bits[number / 64] >> (number % 64) & 1) != 0;

    /// <summary>Hands over what is noted and begins anew.</summary>
    public ChunkMarks Take()
    {
        var taken = new ChunkMarks { _bits = _bits };
        _bits = [];
        return taken;
    }

    /// <summary>Notes what others hold: they were not stored after all.</summary>
    public void Return(ChunkMarks others)
    {
        if (others._bits.Length > _bits.Length)
        {
            Array.Resize(ref _bits, others._bits.Length);
        }

        for (var i = 0; i < others._bits.Length; i++)
        {
            _bits[i] |= others._bits[i];
        }
    }
}
