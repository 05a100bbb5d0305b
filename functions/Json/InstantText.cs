using System.Buffers.Text;
using Cairn.Primitives;

namespace Cairn.Functions.Json;

/// <summary>RFC 3339 instants in UTF-8: read with any offset to the microsecond, written in UTC.</summary>
internal static class InstantText
{
    /// <summary>Bytes that <see cref="Format"/> needs at most.</summary>
    public const int MaxLength = 27;

    /// <summary>Reads <c>2026-01-31T12:00:00[.fraction](Z|±hh:mm)</c>; finer than a microsecond is cut off.</summary>
    public static bool TryParse(ReadOnlySpan<byte> text, out Timestamp instant)
    {
        instant = default;
        if (text.Length < 20 || !Digits(text, 0, 4, out var year) || !Digits(text, 5, 2, out var month) || !Digits(text, 8, 2, out var day)
            || !Digits(text, 11, 2, out var hour) || !Digits(text, 14, 2, out var minute) || !Digits(text, 17, 2, out var second)
            || text[4] != '-' || text[7] != '-' || (text[10] | 0x20) != 't' || text[13] != ':' || text[16] != ':'
            || year < 1 || month is < 1 or > 12 || day < 1 || day > DateTime.DaysInMonth(year, month) || hour > 23 || minute > 59 || second > 59)
        {
            return false;
        }

        var rest = text[19..];
        if (!Fraction(ref rest, out var microseconds) || !Offset(rest, out var offsetMinutes))
        {
            return false;
        }

        var local = Timestamp.From(new DateTimeOffset(year, month, day, hour, minute, second, TimeSpan.Zero)).Microseconds;
        instant = new(local + microseconds - (offsetMinutes * 60_000_000L));
        return instant >= Timestamp.Min && instant <= Timestamp.Max;
    }

    /// <summary>Writes whole seconds, or up to six fractional digits without trailing zeros.</summary>
    /// <returns>The part of <paramref name="room"/> that was written.</returns>
    public static ReadOnlySpan<byte> Format(Timestamp instant, Span<byte> room)
    {
        var at = instant.ToDateTimeOffset().UtcDateTime;
        at.Deconstruct(out int year, out int month, out int day);
        var (seconds, microseconds) = ((int)(at.TimeOfDay.Ticks / TimeSpan.TicksPerSecond), (int)(at.Ticks % TimeSpan.TicksPerSecond / TimeSpan.TicksPerMicrosecond));
        "0000-00-00T00:00:00Z"u8.CopyTo(room);
        PutTwo(room, 0, year / 100);
        PutTwo(room, 2, year % 100);
        PutTwo(room, 5, month);
        PutTwo(room, 8, day);
        PutTwo(room, 11, seconds / 3600);
        PutTwo(room, 14, seconds / 60 % 60);
        PutTwo(room, 17, seconds % 60);
        if (microseconds == 0)
        {
            return room[..20];
        }

        room[19] = (byte)'.';
        PutTwo(room, 20, microseconds / 10_000);
        PutTwo(room, 22, microseconds / 100 % 100);
        PutTwo(room, 24, microseconds % 100);
        var length = room[..26].LastIndexOfAnyExcept((byte)'0') + 1;
        room[length] = (byte)'Z';
        return room[..(length + 1)];
    }

    private static bool Digits(ReadOnlySpan<byte> text, int start, int count, out int value) =>
        Utf8Parser.TryParse(text.Slice(start, count), out value, out var read) && read == count && text[start] is not ((byte)'+' or (byte)'-');

    private static bool Fraction(ref ReadOnlySpan<byte> rest, out long microseconds)
    {
        microseconds = 0;
        if (rest[0] != '.')
        {
            return true;
        }

        var length = 1;
        for (var unit = 100_000; length < rest.Length && rest[length] is >= (byte)'0' and <= (byte)'9'; length++, unit /= 10)
        {
            microseconds += (rest[length] - '0') * unit;
        }

        rest = rest[length..];
        return length is > 1 and <= 10;
    }

    private static bool Offset(ReadOnlySpan<byte> rest, out int minutes)
    {
        minutes = 0;
        if (rest is [(byte)'Z' or (byte)'z'])
        {
            return true;
        }

        if (rest is not [(byte)'+' or (byte)'-', _, _, (byte)':', _, _] || !Digits(rest, 1, 2, out var hours) || !Digits(rest, 4, 2, out minutes))
        {
            return false;
        }

        var valid = hours <= 23 && minutes <= 59;
        minutes = (rest[0] == '-' ? -1 : 1) * ((hours * 60) + minutes);
        return valid;
    }

    private static void PutTwo(Span<byte> room, int at, int value)
    {
        room[at + 1] = (byte)('0' + (value % 10));
        room[at] = (byte)('0' + (value / 10));
    }
}
