using System.Globalization;
using System.Text.RegularExpressions;

namespace Cairn.Functions.Json;

/// <summary>ISO 8601 durations without years and months, which have no fixed length.</summary>
internal static partial class DurationText
{
    private static readonly long[] UnitTicks =
        [7 * TimeSpan.TicksPerDay, TimeSpan.TicksPerDay, TimeSpan.TicksPerHour, TimeSpan.TicksPerMinute, TimeSpan.TicksPerSecond];

    /// <summary>Reads <c>P[n]W[n]DT[n]H[n]M[n]S</c> with at least one part; seconds may have a fraction.</summary>
    public static bool TryParse(string text, out TimeSpan duration)
    {
        duration = default;
        var match = Pattern().Match(text);
        if (!match.Success)
        {
            return false;
        }

        var ticks = 0m;
        for (var unit = 0; unit < UnitTicks.Length; unit++)
        {
            var digits = match.Groups[unit + 1].ValueSpan;
            ticks += digits.IsEmpty ? 0 : decimal.Parse(digits, NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture) * UnitTicks[unit];
        }

        if (ticks > TimeSpan.MaxValue.Ticks)
        {
            return false;
        }

        duration = TimeSpan.FromTicks((long)ticks);
        return true;
    }

    /// <summary>Whole days from two on as days, the rest as hours, minutes and seconds.</summary>
    public static string Format(TimeSpan duration)
    {
        if (duration.Ticks % TimeSpan.TicksPerDay == 0 && duration.Days >= 2)
        {
            return string.Create(CultureInfo.InvariantCulture, $"P{duration.Days}D");
        }

        var seconds = duration.Ticks % TimeSpan.TicksPerMinute / (decimal)TimeSpan.TicksPerSecond;
        var text = Part((long)duration.TotalHours, 'H') + Part(duration.Minutes, 'M') + Part(seconds, 'S');
        return text.Length == 0 ? "PT0S" : "PT" + text;
    }

    private static string Part(decimal count, char unit) => count == 0 ? "" : string.Create(CultureInfo.InvariantCulture, $"{count:0.#######}{unit}");

    [GeneratedRegex(@"^P(?=\d|T\d)(?:(\d{1,9})W)?(?:(\d{1,9})D)?(?:T(?=\d)(?:(\d{1,12})H)?(?:(\d{1,12})M)?(?:(\d{1,12}(?:\.\d{1,9})?)S)?)?\z")]
    private static partial Regex Pattern();
}
