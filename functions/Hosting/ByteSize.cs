using System.Globalization;

namespace Cairn.Functions.Hosting;

/// <summary>Numbers of bytes as people write them: <c>512MB</c>, <c>1.5GiB</c>, <c>1000000</c>. A pure function.</summary>
internal static class ByteSize
{
    private static readonly (string Unit, long Bytes)[] Units =
    [
        ("KIB", 1L << 10), ("MIB", 1L << 20), ("GIB", 1L << 30), ("TIB", 1L << 40),
        ("KB", 1_000), ("MB", 1_000_000), ("GB", 1_000_000_000), ("TB", 1_000_000_000_000), ("B", 1), ("", 1),
    ];

    /// <summary>Reads one; false: it is none, or not positive.</summary>
    public static bool TryParse(string text, out long bytes)
    {
        var trimmed = text.AsSpan().Trim();
        var (unit, factor) = Array.Find(Units, each => text.Trim().EndsWith(each.Unit, StringComparison.OrdinalIgnoreCase));
        var isNumber = decimal.TryParse(trimmed[..^unit.Length].TrimEnd(), NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out var count);
        var size = isNumber && count <= (decimal)long.MaxValue / factor ? count * factor : 0;
        bytes = (long)size;
        return bytes > 0;
    }
}
