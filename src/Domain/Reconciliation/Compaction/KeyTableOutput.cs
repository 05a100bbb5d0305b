using Cairn.Columns;
using Cairn.Formats.Segments;
using Cairn.Indexes;
using Cairn.Primitives;
using Cairn.Reconciliation.Checkpoints;

namespace Cairn.Reconciliation.Compaction;

/// <summary>
/// Writes a key table straight into the sections of a checkpoint, laid out as <see cref="KeyTable"/> would: in memory are one chunk and 12 bytes a key. One thread.
/// </summary>
/// <param name="table">Its number as an argument of sections.</param>
/// <param name="count">Keys that will be added, all together.</param>
/// <param name="hash">Spreads the keys.</param>
/// <param name="output">Takes the chunks.</param>
/// <param name="cancellationToken">Ends the writing.</param>
internal sealed class KeyTableOutput(uint table, int count, KeyedHash hash, ChunkOutput output, CancellationToken cancellationToken)
{
    private readonly HashSlots _slots = new(count);
    private readonly uint[] _references = new uint[Math.Min(count, KeyTable.ReferencesPerChunk)];
    private readonly Queue<(SectionId Section, int Number, byte[] Bytes)> _full = new();
    private byte[] _chunk = new byte[KeyTable.FirstChunkBytes];
    private int _chunks = 1;
    private int _used;
    private int _count;
    private long _keyBytes;

    /// <summary>What the checkpoint has to say of it.</summary>
    public KeyTableExtent Extent => new(_count, _chunks, _used, _chunk.Length, _keyBytes);

    /// <summary>Adds the next key, which is none of those before; <see cref="FlushAsync"/> is to follow.</summary>
    public void Add(ReadOnlySpan<byte> key)
    {
        var neededBytes = KeyTable.StoredBytes(key);
        if (_used + neededBytes > _chunk.Length)
        {
            EndChunk(_chunk);
            (_chunk, _used) = (new byte[KeyTable.NextChunkBytes(_chunk.Length, neededBytes)], 0);
            _chunks++;
        }

        var reference = ((uint)(_chunks - 1) * KeyTable.ChunkBytes) + (uint)_used;
        KeyTable.WriteKey(_chunk.AsSpan(_used), _count, key);
        _used += neededBytes;
        _keyBytes += neededBytes;
        _slots.Add(hash.Of(key), (int)reference);
        _references[_count++ % KeyTable.ReferencesPerChunk] = reference;
        if (_count % KeyTable.ReferencesPerChunk == 0)
        {
            EndReferences();
        }
    }

    /// <summary>Hands over what is full.</summary>
    public async ValueTask FlushAsync()
    {
        while (_full.TryDequeue(out var chunk))
        {
            await output.AddAsync(chunk.Section, chunk.Number, chunk.Bytes, cancellationToken).ConfigureAwait(false);
        }
    }

    /// <summary>Hands over the rest.</summary>
    public async ValueTask FinishAsync()
    {
        if (_count == 0)
        {
            return;
        }

        EndChunk(_chunk[.._used]);
        if (_count % KeyTable.ReferencesPerChunk != 0)
        {
            EndReferences();
        }

        await FlushAsync().ConfigureAwait(false);
        await _slots.WriteAsync(table, output, cancellationToken).ConfigureAwait(false);
    }

    private void EndChunk(byte[] bytes) => _full.Enqueue((new(SectionKind.KeyBytes, table), _chunks - 1, bytes));

    private void EndReferences()
    {
        var chunk = (_count - 1) / KeyTable.ReferencesPerChunk;
        var references = StoredWords.Write(_references.AsSpan(0, _count - (chunk * KeyTable.ReferencesPerChunk)));
        _full.Enqueue((new(SectionKind.KeyReferences, table), chunk, references));
    }
}
