using Cairn.Columns;
using Cairn.Formats;
using Cairn.Indexes;
using Cairn.Snapshots;

namespace Cairn.Reconciliation.Compaction;

/// <summary>
/// The dictionary of one attribute column with the texts that are in use. Where the old one was full, short texts lie in the arena; as many of them as there is
/// room for get a number now, the first in order of rows: a dictionary that is not full must have all of them (<see cref="AttributeColumn.TryGetCell"/>). First all
/// cells are noted, then the texts are numbered. One thread.
/// </summary>
internal sealed class KeptTexts(AttributeColumn column, Arena arena, KeyTable texts, ChunkUse[] uses, int current)
{
    private readonly KeptKeys _numbers = new(column.Dictionary!.Count);
    private readonly List<byte[]> _waiting = [];
    private readonly HashSet<string> _known = new(StringComparer.Ordinal);
    private readonly bool _wasFull = column.Dictionary!.Count >= AttributeColumn.MaxDictionaryEntries;
    private KeptKeys? _numbered;

    /// <summary>The column.</summary>
    public AttributeColumn Column => column;

    /// <summary>Its new dictionary, when the texts are numbered.</summary>
    public KeyTable Texts => texts;

    /// <summary>Notes a cell.</summary>
    public void Note(long cell)
    {
        if ((cell & 1) == 0)
        {
            _numbers.Note((int)(cell >> 1));
            return;
        }

        if (_wasFull && _waiting.Count < AttributeColumn.MaxDictionaryEntries && TryGetShort(cell, out var text)
            && _known.Add(Convert.ToHexString(text)))
        {
            _waiting.Add(text.ToArray());
        }
    }

    /// <summary>Makes the new dictionary.</summary>
    public void Number()
    {
        var old = new KeyScan(column.Dictionary!);
        for (var number = 0; number < column.Dictionary!.Count; number++)
        {
            if (_numbers.IsNoted(number))
            {
                texts.FindOrAdd(old[number]);
            }
        }

        _numbered = _numbers.Number();
        foreach (var text in _waiting)
        {
            if (texts.Count < AttributeColumn.MaxDictionaryEntries)
            {
                texts.FindOrAdd(text);
            }
        }
    }

    /// <summary>The new cell of a text. One that leaves the arena takes no room there any more.</summary>
    public long Renumber(long cell)
    {
        if ((cell & 1) == 0)
        {
            return (long)_numbered![(int)(cell >> 1)] << 1;
        }

        if (!_wasFull || !TryGetShort(cell, out var text) || texts.Find(text) is not (>= 0 and var number))
        {
            return cell;
        }

        // A text that short has one byte of length before it, and lies in one chunk.
        var chunk = (int)((cell >> 1) / Arena.Stride);
        var use = uses[chunk] with { Live = uses[chunk].Live - text.Length - 1 };
        uses[chunk] = use.Live == 0 && chunk != current ? default : use;
        return (long)number << 1;
    }

    private bool TryGetShort(long cell, out ReadOnlySpan<byte> text) =>
        arena.TryGetSpan(cell >> 1, out text) && text.Length <= AttributeColumn.MaxDictionaryTextBytes;
}
