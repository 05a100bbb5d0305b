using Cairn.Columns;
using Cairn.Model;

namespace Cairn.Snapshots.Checkpoints;

/// <summary>The columns of concepts whose zones a checkpoint has: those whose cells are in an order that conditions ask for, and the bag, where anything may be.</summary>
internal static class ZonedColumns
{
    /// <summary>Their numbers, and whether their cells are the bits of floats.</summary>
    public static IEnumerable<(int Column, bool IsFloat)> Of(RowsState rows)
    {
        yield return (HeaderColumn.ExpiresAt, false);
        yield return (HeaderColumn.Bag, false);
        for (var i = 0; i < rows.Columns.Count; i++)
        {
            if (rows.Columns[i].Kind is ValueKind.Int64 or ValueKind.Float64 or ValueKind.DateTime)
            {
                yield return (HeaderColumn.FirstAttribute + i, rows.Columns[i].Kind == ValueKind.Float64);
            }
        }
    }

    /// <summary>Chunks of zones that so many rows have.</summary>
    public static int ChunksOf(int rowCount) => (((rowCount + Page.Rows - 1) / Page.Rows) + ZoneCodec.ZonesPerChunk - 1) / ZoneCodec.ZonesPerChunk;
}
