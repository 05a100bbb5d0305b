using System.Buffers.Binary;
using Cairn.Columns;
using Cairn.Formats;
using Cairn.Snapshots;

namespace Cairn.Reconciliation;

/// <summary>Writes the attributes that have no column: one list per row, sorted by name. Slow and complete.</summary>
internal sealed class AttributeBagWriter(TableWriter table, ArenaWriter arena)
{
    private byte[]? _scratch;

    public bool TryGet(int row, ReadOnlySpan<byte> name, out ValueView value)
    {
        value = default;
        return table.TryGet(row, HeaderColumn.Bag, out var cell) && AttributeBag.TryFind(arena.Read(cell >> 1, ref _scratch), name, out value);
    }

    /// <summary>Attributes in a row's bag, and its bytes.</summary>
    public (int Count, int LengthBytes) Measure(int row)
    {
        if (!table.TryGet(row, HeaderColumn.Bag, out var cell))
        {
            return default;
        }

        var bag = arena.Read(cell >> 1, ref _scratch);
        return (BinaryPrimitives.ReadUInt16LittleEndian(bag), bag.Length);
    }

    public bool Set(int row, ReadOnlySpan<byte> name, ValueView value) => Rewrite(row, name, value, keep: true);

    public bool Unset(int row, ReadOnlySpan<byte> name) => table.TryGet(row, HeaderColumn.Bag, out _) && Rewrite(row, name, default, keep: false);

    private bool Rewrite(int row, ReadOnlySpan<byte> name, ValueView value, bool keep)
    {
        var before = table.TryGet(row, HeaderColumn.Bag, out var cell) ? arena.Read(cell >> 1, ref _scratch).ToArray() : [0, 0];
        var entries = new SortedDictionary<byte[], byte[]>(ByteOrder.Instance);
        var reader = new AttributeReader(before);
        while (reader.TryRead(out var found, out var stored))
        {
            entries[found.ToArray()] = ValueEncoding.Of(stored);
        }

        if (keep)
        {
            entries[name.ToArray()] = ValueEncoding.Of(value);
        }
        else
        {
            entries.Remove(name.ToArray());
        }

        var after = Write(entries);
        if (after.AsSpan().SequenceEqual(before))
        {
            return false;
        }

        if (entries.Count == 0)
        {
            table.Unset(row, HeaderColumn.Bag);
        }
        else
        {
            table.Set(row, HeaderColumn.Bag, (arena.Append(after) << 1) | 1);
        }

        return true;
    }

    private static byte[] Write(SortedDictionary<byte[], byte[]> entries)
    {
        var bytes = new byte[sizeof(ushort) + entries.Sum(entry => 1 + entry.Key.Length + entry.Value.Length)];
        BinaryPrimitives.WriteUInt16LittleEndian(bytes, (ushort)entries.Count);
        var at = sizeof(ushort);
        foreach (var (name, value) in entries)
        {
            bytes[at++] = (byte)name.Length;
            name.CopyTo(bytes, at);
            value.CopyTo(bytes, at += name.Length);
            at += value.Length;
        }

        return bytes;
    }

    private sealed class ByteOrder : IComparer<byte[]>
    {
        public static readonly ByteOrder Instance = new();

        public int Compare(byte[]? x, byte[]? y) => x.AsSpan().SequenceCompareTo(y);
    }
}
