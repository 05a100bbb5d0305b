using Cairn.Columns;
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
