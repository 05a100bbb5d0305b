using Cairn.Indexes;

namespace Cairn.Reconciliation.Compaction;

/// <summary>Reads keys by ascending numbers without keeping in memory what has to be loaded for it. One thread; writers may add meanwhile.</summary>
internal sealed class KeyScan(KeyTable keys)
{
    private byte[] _chunk = [];
    private uint[] _references = [];
    private long _chunkNumber = -1;
    private int _referencesNumber = -1;

    /// <summary>A key that was counted when the scan began. Valid until the next one is asked for.</summary>
    public ReadOnlySpan<byte> this[int number]
    {
        get
        {
            if (number / KeyTable.ReferencesPerChunk != _referencesNumber || number % KeyTable.ReferencesPerChunk >= _references.Length)
            {
                _referencesNumber = number / KeyTable.ReferencesPerChunk;
                _references = keys.ReferencesOnce(_referencesNumber);
            }

            var reference = _references[number % KeyTable.ReferencesPerChunk];
            if (reference / KeyTable.ChunkBytes != _chunkNumber || reference % KeyTable.ChunkBytes >= _chunk.Length)
            {
                _chunkNumber = reference / KeyTable.ChunkBytes;
                _chunk = keys.ChunkOnce((int)_chunkNumber);
            }

            return KeyTable.KeyIn(_chunk, (int)(reference % KeyTable.ChunkBytes), out _);
        }
    }
}
