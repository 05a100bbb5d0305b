namespace Cairn.Benchmarks.Reporting;

/// <summary>Prints figures as a Markdown table whose columns also line up in a terminal.</summary>
internal static class FigureTable
{
    private static readonly string[] Heads = ["figure", "measured", "must", "aim", "result", "how"];

    /// <summary>Prints the table; true if nothing was missed.</summary>
    public static bool Print(TextWriter output, IReadOnlyList<Figure> figures)
    {
        PrintRows(output, Heads, [.. figures.Select(figure => figure.Cells())]);
        return !figures.Any(figure => figure.Result == "MISSED");
    }

    /// <summary>Prints rows under heads.</summary>
    public static void PrintRows(TextWriter output, string[] heads, IReadOnlyList<string[]> rows)
    {
        var widths = heads.Select((head, column) => rows.Select(row => row[column].Length).Append(head.Length).Max()).ToArray();
        Write(output, heads, widths);
        Write(output, [.. widths.Select(width => new string('-', width))], widths);
        foreach (var row in rows)
        {
            Write(output, row, widths);
        }
    }

    private static void Write(TextWriter output, string[] cells, int[] widths) =>
        output.WriteLine("| " + string.Join(" | ", cells.Select((cell, column) => cell.PadRight(widths[column]))) + " |");
}
