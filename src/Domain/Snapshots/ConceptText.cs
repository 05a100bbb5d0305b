using System.Buffers.Binary;
using Cairn.Embeddings;
using Cairn.Formats;
using Cairn.Indexes;
using Cairn.Model;

namespace Cairn.Snapshots;

/// <summary>The cells of one concept's row, of a snapshot or of the state that replay changes.</summary>
internal interface IConceptCells
{
    /// <summary>The attribute columns.</summary>
    AttributeLayout Layout { get; }

    /// <summary>A cell, if the row has it.</summary>
    bool TryGet(int column, out long cell);

    /// <summary>What an odd cell refers to. Good until the next call for another column than <see cref="HeaderColumn.Bag"/>.</summary>
    ReadOnlySpan<byte> Bytes(int column, long cell);
}

/// <summary>Writes the text of a concept that is embedded (<see cref="EmbeddedText"/>). Stateless; any thread.</summary>
internal static class ConceptText
{
    /// <summary>Writes the text and answers it; empty: there is nothing to embed.</summary>
    /// <param name="cells">Its row.</param>
    /// <param name="id">UTF-8.</param>
    /// <param name="shared">Labels; null: they are left out.</param>
    /// <param name="attributes">Which attributes are read (<see cref="SpaceSettings.TextAttributes"/>); null: all.</param>
    /// <param name="buffer">At least <see cref="EmbeddedText.MaxBytes"/> long.</param>
    public static ReadOnlySpan<byte> Write<TCells>(
        scoped in TCells cells, scoped ReadOnlySpan<byte> id, SharedIndexes? shared, TextAttributes? attributes, Span<byte> buffer)
        where TCells : IConceptCells, allows ref struct
    {
        var text = new EmbeddedText(buffer);
        text.AddId(id);
        if (shared is not null && cells.TryGet(ConceptColumn.LabelSet, out var labelSet))
        {
            for (var labels = shared.LabelSets[(int)labelSet]; !labels.IsEmpty; labels = labels[sizeof(int)..])
            {
                text.Add(shared.Labels[BinaryPrimitives.ReadInt32LittleEndian(labels)]);
            }
        }

        if (cells.TryGet(HeaderColumn.Flags, out var flags) && ((RowFlags)flags & RowFlags.Text) != 0 && cells.TryGet(ConceptColumn.Content, out var content))
        {
            text.Add(cells.Bytes(ConceptColumn.Content, content));
        }

        AddAttributes(cells, attributes, ref text);
        return buffer[..text.Written.Length];
    }

    // In byte order of the names, whether a column has them or the bag: which of the two it is may change when rows are renumbered.
    private static void AddAttributes<TCells>(scoped in TCells cells, TextAttributes? attributes, ref EmbeddedText text)
        where TCells : IConceptCells, allows ref struct
    {
        var bag = cells.TryGet(HeaderColumn.Bag, out var bagCell) ? new AttributeReader(cells.Bytes(HeaderColumn.Bag, bagCell)) : default;
        var hasBag = bag.TryRead(out var bagName, out var bagValue);
        foreach (var column in cells.Layout.ByName)
        {
            if (text.IsFull)
            {
                return;
            }

            if (column.Kind is not (ValueKind.String or ValueKind.Array) || !cells.TryGet(column.Column, out var cell) || attributes?.Contains(column.Name) == false)
            {
                continue;
            }

            for (; hasBag && bagName.SequenceCompareTo(column.Name) < 0; hasBag = bag.TryRead(out bagName, out bagValue))
            {
                AddNamed(bagName, bagValue, attributes, ref text);
            }

            Add(column.Kind, (cell & 1) == 0 ? column.Dictionary![(int)(cell >> 1)] : cells.Bytes(column.Column, cell), ref text);
        }

        for (; hasBag; hasBag = bag.TryRead(out bagName, out bagValue))
        {
            AddNamed(bagName, bagValue, attributes, ref text);
        }
    }

    private static void AddNamed(scoped ReadOnlySpan<byte> name, scoped in ValueView value, TextAttributes? attributes, ref EmbeddedText text)
    {
        if (attributes?.Contains(name) != false)
        {
            Add(value.Kind, value.Bytes, ref text);
        }
    }

    private static void Add(ValueKind kind, scoped ReadOnlySpan<byte> bytes, ref EmbeddedText text)
    {
        if (kind == ValueKind.String)
        {
            text.Add(bytes);
        }
        else if (kind == ValueKind.Array)
        {
            var items = new ArrayReader(bytes);
            while (!text.IsFull && items.TryRead(out var item))
            {
                if (item.Kind == ValueKind.String)
                {
                    text.Add(item.Bytes);
                }
            }
        }
    }
}
