using Cairn.Columns;
using Cairn.Formats.Segments;
using Cairn.Reconciliation.Checkpoints;
using Cairn.Snapshots;
using Cairn.Snapshots.Checkpoints;

namespace Cairn.Reconciliation.Compaction;

/// <summary>
/// Writes the kept rows of concepts or of associations, row group by row group, with cells that refer to other tables renumbered; the arenas stay as they are,
/// since references into them keep their meaning. First <see cref="Note"/> for what is in use, then <see cref="WriteAsync"/>. One thread.
/// Invariant: attribute columns keep their numbers, also those that no row has any more: which names have a column is part of what replay decides by.
/// </summary>
internal sealed class RowRewriter
{
    private readonly RowsCapture _rows;
    private readonly RowMap _kept;
    private readonly Func<long, long>?[] _renumber;
    private readonly List<(int Column, Action<long> Note)> _noted = [];
    private readonly Dictionary<int, ChunkUse[]> _uses;
    private readonly List<KeptTexts> _texts = [];
    private readonly bool _ofConcepts;

    public RowRewriter(RowsCapture rows, RowMap kept, bool ofConcepts, Snapshot snapshot)
    {
        (_rows, _kept, _ofConcepts) = (rows, kept, ofConcepts);
        _uses = rows.Arenas.ToDictionary(static arena => arena.State.Column, static arena => arena.State.Uses.ToArray());
        _renumber = new Func<long, long>?[HeaderColumn.FirstAttribute + rows.Rows.Layout.ByName.Length];
        foreach (var column in rows.Rows.Layout.ByName)
        {
            if (column.Dictionary is not null)
            {
                var current = rows.Arenas.Single(arena => arena.State.Column == column.Column).State.Current;
                var texts = new KeptTexts(column, rows.Rows.ArenaOf(column.Column), snapshot.Shared.NewDictionary(null), _uses[column.Column], current);
                _texts.Add(texts);
                Renumber(column.Column, texts.Note, texts.Renumber);
            }
        }
    }

    /// <summary>The small parts, when the rows are written.</summary>
    public RowsState State => new(
        _kept.Count,
        [.. _rows.State.Columns.Select((column, number) => column with { Dictionary = DictionaryOf(HeaderColumn.FirstAttribute + number)?.Extent })],
        [.. _rows.State.Arenas.Select(arena => arena with { Uses = _uses[arena.Column] })]);

    /// <summary>Has the cells of a column noted, and later renumbered.</summary>
    public void Renumber(int column, Action<long> note, Func<long, long> renumber)
    {
        _noted.Add((column, note));
        _renumber[column] = renumber;
    }

    /// <summary>Has a column renumbered whose cells need no notes.</summary>
    public void Renumber(int column, Func<long, long> renumber) => _renumber[column] = renumber;

    /// <summary>Notes what the kept rows refer to, and numbers the texts of attributes.</summary>
    public void Note(CancellationToken cancellationToken)
    {
        for (var group = 0; group * Page.Rows < _rows.Rows.Table.RowCount; group++)
        {
            cancellationToken.ThrowIfCancellationRequested();
            var kept = _kept.InGroup(group);
            if (kept != 0 && _noted.Count > 0)
            {
                NoteGroup(_rows.Rows.Table.GroupOnce(group * Page.Rows), kept);
            }
        }

        _texts.ForEach(static texts => texts.Number());
    }

    /// <summary>Writes rows, dictionaries and arenas.</summary>
    /// <param name="previous">Where arena chunks that did not change are stored.</param>
    /// <param name="output">Takes the chunks.</param>
    /// <param name="written">Hears of each row that is written, by its new number.</param>
    /// <param name="cancellationToken">Ends the writing.</param>
    public async ValueTask WriteAsync(SegmentSet previous, ChunkOutput output, Action<RowGroup, int>? written, CancellationToken cancellationToken)
    {
        var (open, pages, count) = (new OpenGroup(), new OpenPagePool(), 0);
        var zones = _ofConcepts ? new ZoneOutput(_rows.State, output) : null;
        open.Open(RowGroup.Empty);
        for (var group = 0; group * Page.Rows < _rows.Rows.Table.RowCount; group++)
        {
            var source = _kept.InGroup(group) == 0 ? RowGroup.Empty : _rows.Rows.Table.GroupOnce(group * Page.Rows);
            for (var rows = _kept.InGroup(group); rows != 0; rows &= rows - 1)
            {
                Copy(source, (int)UInt128.TrailingZeroCount(rows), open, count++ % Page.Rows, pages);
                if (count % Page.Rows == 0)
                {
                    await AddAsync(open.Seal(pages), count, output, zones, written, cancellationToken).ConfigureAwait(false);
                    open.Open(RowGroup.Empty);
                }
            }
        }

        if (count % Page.Rows != 0)
        {
            await AddAsync(open.Seal(pages), count, output, zones, written, cancellationToken).ConfigureAwait(false);
        }

        if (zones is not null)
        {
            await zones.FlushAsync(cancellationToken).ConfigureAwait(false);
        }

        foreach (var texts in _texts)
        {
            await KeySections.WriteAsync(DictionaryOf(texts.Column.Column)!, before: null, SegmentSet.Empty, output, cancellationToken).ConfigureAwait(false);
        }

        foreach (var arena in _rows.Arenas)
        {
            await WriteArenaAsync(arena, previous, output, cancellationToken).ConfigureAwait(false);
        }
    }

    private void NoteGroup(RowGroup source, UInt128 kept)
    {
        foreach (var (column, note) in _noted)
        {
            if (source[column] is { } page)
            {
                for (var rows = kept & page.Valid; rows != 0; rows &= rows - 1)
                {
                    page.TryGet((int)UInt128.TrailingZeroCount(rows), out var cell);
                    note(cell);
                }
            }
        }
    }

    private void Copy(RowGroup source, int from, OpenGroup open, int to, OpenPagePool pages)
    {
        for (var column = 0; column < source.Pages.Length; column++)
        {
            if (source.TryGet(column, from, out var cell))
            {
                open.Writable(column, pages).Set(to, _renumber[column] is { } renumber ? renumber(cell) : cell);
            }
        }
    }

    private async ValueTask AddAsync(
        RowGroup sealedGroup, int count, ChunkOutput output, ZoneOutput? zones, Action<RowGroup, int>? written, CancellationToken cancellationToken)
    {
        var first = (count - 1) / Page.Rows * Page.Rows;
        for (var row = first; written is not null && row < count; row++)
        {
            written(sealedGroup, row);
        }

        await output.AddAsync(_rows.Section, first / Page.Rows, RowGroupCodec.Write(sealedGroup), cancellationToken).ConfigureAwait(false);
        if (zones is not null)
        {
            await zones.AddAsync(sealedGroup, cancellationToken).ConfigureAwait(false);
        }
    }

    // A chunk that is stored already goes from file to file as it is.
    private async ValueTask WriteArenaAsync(ArenaCapture arena, SegmentSet previous, ChunkOutput output, CancellationToken cancellationToken)
    {
        var uses = _uses[arena.State.Column];
        for (var number = 0; number < uses.Length; number++)
        {
            if (uses[number].Used == 0)
            {
                continue;
            }

            if (!arena.Written.IsMarked(number) && previous.TryFind(arena.Section, number, out var segment, out var chunk))
            {
                await output.CopyAsync(arena.Section, segment, chunk, cancellationToken).ConfigureAwait(false);
                continue;
            }

            await output.AddAsync(arena.Section, number, arena.Arena.Chunks.ReadOnce(number)![..uses[number].Used], cancellationToken).ConfigureAwait(false);
        }
    }

    private TableCapture? DictionaryOf(int column) => _texts.Find(texts => texts.Column.Column == column) is { } found
        ? new(StoredTables.Dictionary(_ofConcepts, column), found.Texts, found.Texts.Extent)
        : null;
}
