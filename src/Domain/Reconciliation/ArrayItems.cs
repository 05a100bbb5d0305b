using System.Buffers.Binary;
using Cairn.Formats;
using Cairn.Model;

namespace Cairn.Reconciliation;

/// <summary>Adds items to array attributes, and removes them. Items are the same if type and value are.</summary>
internal sealed class ArrayItems(RowStore rows)
{
    private readonly List<byte[]> _items = [];

    /// <summary>Appends each item that is not there yet; an attribute that is missing or null becomes an array.</summary>
    public RejectionReason Add(int row, ReadOnlySpan<byte> payload, ref bool changed)
    {
        if (payload.IsEmpty)
        {
            return RejectionReason.None;
        }

        var reader = new AttributeReader(payload);
        while (reader.TryRead(out var name, out var added))
        {
            if (!Load(row, name))
            {
                return RejectionReason.Missing;
            }

            var before = _items.Count;
            AppendNew(added);
            if (_items.Count != before || before == 0)
            {
                changed |= Store(row, name);
            }
        }

        return RejectionReason.None;
    }

    /// <summary>Takes each item away that is there; what is no array is left alone.</summary>
    public void Remove(int row, ReadOnlySpan<byte> payload, ref bool changed)
    {
        if (payload.IsEmpty)
        {
            return;
        }

        var reader = new AttributeReader(payload);
        while (reader.TryRead(out var name, out var removed))
        {
            if (!Load(row, name))
            {
                continue;
            }

            var gone = 0;
            var items = removed.Items();
            while (items.TryReadEncoded(out var item))
            {
                gone += Drop(item);
            }

            if (gone > 0)
            {
                changed |= Store(row, name);
            }
        }
    }

    /// <summary>Whether an array that was added to has become too long, in items or in bytes. Asked when items were removed too.</summary>
    public bool IsOverLimit(int row, ReadOnlySpan<byte> payload)
    {
        if (payload.IsEmpty)
        {
            return false;
        }

        var reader = new AttributeReader(payload);
        while (reader.TryRead(out var name, out _))
        {
            if (rows.Attributes.TryGetItems(row, name, out var items)
                && (items.Length > Limits.StoredAttributeBytes || (!items.IsEmpty && BinaryPrimitives.ReadUInt16LittleEndian(items) > Limits.Items)))
            {
                return true;
            }
        }

        return false;
    }

    private bool Load(int row, ReadOnlySpan<byte> name)
    {
        _items.Clear();
        if (!rows.Attributes.TryGetItems(row, name, out var encoded))
        {
            return false;
        }

        if (!encoded.IsEmpty)
        {
            // Items that stand there twice stay twice: only what is added is compared.
            var reader = new ValueView(ValueKind.Array, 0, encoded).Items();
            while (reader.TryReadEncoded(out var item))
            {
                _items.Add(item.ToArray());
            }
        }

        return true;
    }

    private void AppendNew(ValueView array)
    {
        var reader = array.Items();
        while (reader.TryReadEncoded(out var item))
        {
            if (IndexOf(item) < 0)
            {
                _items.Add(item.ToArray());
            }
        }
    }

    private int Drop(ReadOnlySpan<byte> item)
    {
        var gone = 0;
        for (var at = IndexOf(item); at >= 0; at = IndexOf(item))
        {
            _items.RemoveAt(at);
            gone++;
        }

        return gone;
    }

    private int IndexOf(ReadOnlySpan<byte> item)
    {
        for (var i = 0; i < _items.Count; i++)
        {
            if (item.SequenceEqual(_items[i]))
            {
                return i;
            }
        }

        return -1;
    }

    private bool Store(int row, ReadOnlySpan<byte> name)
    {
        var encoded = new byte[sizeof(ushort) + _items.Sum(item => item.Length)];
        BinaryPrimitives.WriteUInt16LittleEndian(encoded, (ushort)_items.Count);
        var at = sizeof(ushort);
        foreach (var item in _items)
        {
            item.CopyTo(encoded, at);
            at += item.Length;
        }

        return rows.Attributes.Set(row, int.MaxValue, name, new(ValueKind.Array, 0, encoded));
    }
}
