using Cairn.Columns;
using Cairn.Formats.Segments;
using Cairn.Snapshots.Checkpoints;

namespace Cairn.Reconciliation.Checkpoints;

/// <summary>The sections of tables: row groups and arena chunks that changed.</summary>
internal static class RowSections
{
    public static async ValueTask WriteAsync(RowsCapture rows, SegmentSet previous, ChunkOutput output, CancellationToken cancellationToken)
    {
        var table = rows.Rows.Table;
        for (var number = 0; number * Page.Rows < table.RowCount; number++)
        {
            if (rows.Changed.IsMarked(number) || !previous.TryFind(rows.Section, number, out _, out _))
            {
                await output.AddAsync(rows.Section, number, RowGroupCodec.Write(table.Group(number * Page.Rows)), cancellationToken).ConfigureAwait(false);
            }
        }

        foreach (var arena in rows.Arenas)
        {
            await WriteAsync(arena, previous, output, cancellationToken).ConfigureAwait(false);
        }
    }

    /// <summary>Zones of the row groups: those of groups that did not change are taken over, or unknown where an older version wrote none.</summary>
    public static async ValueTask WriteZonesAsync(RowsCapture rows, SegmentSet previous, ChunkOutput output, CancellationToken cancellationToken)
    {
        foreach (var (column, isFloat) in ZonedColumns.Of(rows.State))
        {
            var section = new SectionId(SectionKind.ConceptZoneMaps, (uint)column);
            for (var chunk = 0; chunk < ZonedColumns.ChunksOf(rows.Rows.Table.RowCount); chunk++)
            {
                if (ZonesOf(rows, column, isFloat, chunk, previous.TryFind(section, chunk, out var segment, out var entry) ? segment.File.Read(entry) : null) is { } zones)
                {
                    await output.AddAsync(section, chunk, ZoneCodec.Write(zones), cancellationToken).ConfigureAwait(false);
                }
            }
        }
    }

    // Null: none of its row groups changed.
    private static Zone[]? ZonesOf(RowsCapture rows, int column, bool isFloat, int chunk, byte[]? previous)
    {
        var table = rows.Rows.Table;
        var (first, count) = (chunk * ZoneCodec.ZonesPerChunk, (table.RowCount + Page.Rows - 1) / Page.Rows);
        var before = previous is null ? [] : ZoneCodec.Read(previous);
        var (zones, isChanged) = (new Zone[Math.Min(ZoneCodec.ZonesPerChunk, count - first)], previous is null);
        for (var i = 0; i < zones.Length; i++)
        {
            var isNew = rows.Changed.IsMarked(first + i);
            isChanged |= isNew;
            zones[i] = isNew || (previous is null && table.IsLoaded(first + i)) ? Zone.Of(table.Group((first + i) * Page.Rows)[column], isFloat)
                : i < before.Length ? before[i] : Zone.Unknown;
        }

        return isChanged ? zones : null;
    }

    private static async ValueTask WriteAsync(ArenaCapture arena, SegmentSet previous, ChunkOutput output, CancellationToken cancellationToken)
    {
        for (var number = 0; number < arena.State.Uses.Count; number++)
        {
            var used = arena.State.Uses[number].Used;
            if (used > 0 && (arena.Written.IsMarked(number) || !previous.TryFind(arena.Section, number, out _, out _)))
            {
                await output.AddAsync(arena.Section, number, arena.Arena.Chunks[number]![..used], cancellationToken).ConfigureAwait(false);
            }
        }
    }
}
