using Cairn.Columns;

namespace Cairn.Snapshots;

/// <summary>Estimates the memory of a snapshot by a walk over its pages.</summary>
internal static class SnapshotSize
{
    // Object headers and fields on a 64-bit runtime.
    private const int PageBytes = 80;
    private const int RowGroupBytes = 48;

    /// <summary>Bytes of pages, arenas and dictionaries.</summary>
    public static long Of(StoredRows rows)
    {
        var bytes = Of(rows.Table);
        foreach (var arena in rows.Arenas)
        {
            bytes += arena.AllocatedBytes;
        }

        foreach (var column in rows.Layout.ByName)
        {
            bytes += column.Dictionary?.Bytes ?? 0;
        }

        return bytes;
    }

    private static long Of(Table table)
    {
        var bytes = 0L;
        for (var row = 0; row < table.RowCount; row += Page.Rows)
        {
            // What was not loaded takes no memory.
            if (table.Groups.Peek(row / Page.Rows) is not { } pages)
            {
                continue;
            }

            bytes += RowGroupBytes + (pages.Length * (long)IntPtr.Size);
            foreach (var page in pages)
            {
                bytes += page is null ? 0 : PageBytes + page.PackedBytes;
            }
        }

        return bytes;
    }
}
