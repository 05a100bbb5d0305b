using System.Buffers.Binary;
using Cairn.Columns;
using Cairn.Formats.Segments;
using Cairn.Indexes;
using Cairn.Primitives;
using Cairn.Snapshots.Checkpoints;

namespace Cairn.Reconciliation.Checkpoints;

/// <summary>Entries of a hash index on their way into segments: 8 bytes of memory each, 4 more while they are written.</summary>
/// <param name="count">Entries that will be added, all together.</param>
internal sealed class HashSlots(int count)
{
    private readonly uint[] _tags = new uint[count];
    private readonly int[] _entries = new int[count];
    private int _at;

    /// <summary>Adds an entry.</summary>
    public void Add(ulong hash, int entry) => (_tags[_at], _entries[_at++]) = ((uint)(hash >> 32), entry);

    /// <summary>Adds what the previous checkpoint has.</summary>
    public void AddStored(uint table, int entries, SegmentSet previous)
    {
        if (entries == 0)
        {
            return;
        }

        for (var segment = 0; segment < 1 << StoredHashIndex.DepthFor(entries); segment++)
        {
            var bytes = previous.Read(new(SectionKind.HashIndex, table), segment) ?? throw Formats.Malformed.Because("a segment of a hash index is missing");
            for (var at = 0; at < bytes.Length; at += sizeof(ulong))
            {
                if (BinaryPrimitives.ReadUInt64LittleEndian(bytes.AsSpan(at)) is var slot and not 0)
                {
                    Add(slot, (int)((uint)slot - 1));
                }
            }
        }
    }

    /// <summary>Writes all of them, if there are any.</summary>
    public async ValueTask WriteAsync(uint table, ChunkOutput output, CancellationToken cancellationToken)
    {
        Invariant.Require(_at == count, "a stored hash index has another number of entries than its keys");
        if (count == 0)
        {
            return;
        }

        var number = 0;
        foreach (var segment in StoredHashIndex.Build(_tags, _entries, StoredHashIndex.DepthFor(count)))
        {
            await output.AddAsync(new(SectionKind.HashIndex, table), number++, StoredWords.Write(segment), cancellationToken).ConfigureAwait(false);
        }
    }
}
