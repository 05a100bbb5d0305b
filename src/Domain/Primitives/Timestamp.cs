using System.Globalization;

namespace Cairn.Primitives;

/// <summary>An instant in microseconds since 1970-01-01T00:00:00Z. Covers the years 0001 to 9999.</summary>
public readonly record struct Timestamp(long Microseconds) : IComparable<Timestamp>
{
    private const long TicksPerMicrosecond = TimeSpan.TicksPerMicrosecond;

    /// <summary>0001-01-01T00:00:00Z.</summary>
    public static Timestamp Min => From(DateTimeOffset.MinValue);

    /// <summary>The last microsecond of the year 9999.</summary>
    public static Timestamp Max => From(DateTimeOffset.MaxValue);

    /// <summary>Rounds down to the microsecond.</summary>
    public static Timestamp From(DateTimeOffset instant) => new((instant.UtcTicks - DateTimeOffset.UnixEpoch.Ticks) / TicksPerMicrosecond);

    /// <summary>The same instant, UTC.</summary>
    public DateTimeOffset ToDateTimeOffset() => new(DateTimeOffset.UnixEpoch.Ticks + (Microseconds * TicksPerMicrosecond), TimeSpan.Zero);

    /// <summary>The instant moved by a span, held inside <see cref="Min"/> to <see cref="Max"/>.</summary>
    public Timestamp Plus(TimeSpan span)
    {
        var moved = (Int128)Microseconds + (span.Ticks / TicksPerMicrosecond);
        return new((long)Int128.Clamp(moved, Min.Microseconds, Max.Microseconds));
    }

    /// <summary>The span from <paramref name="earlier"/> to this instant.</summary>
    public TimeSpan Since(Timestamp earlier) => TimeSpan.FromTicks((Microseconds - earlier.Microseconds) * TicksPerMicrosecond);

    /// <summary>Parses RFC 3339 with an offset (or Z); up to seven fractional digits, kept to the microsecond.</summary>
    public static bool TryParse(string text, out Timestamp timestamp)
    {
        ArgumentNullException.ThrowIfNull(text);
        timestamp = default;
        var zoned = text.Length > 10 && (text[^1] is 'Z' or 'z' || text.AsSpan(10).IndexOfAny('+', '-') >= 0);
        if (!zoned || !DateTimeOffset.TryParse(text, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out var instant))
        {
            return false;
        }

        timestamp = From(instant);
        return true;
    }

    /// <summary>The later of two.</summary>
    public static Timestamp Latest(Timestamp a, Timestamp b) => a.Microseconds >= b.Microseconds ? a : b;

    /// <inheritdoc/>
    public int CompareTo(Timestamp other) => Microseconds.CompareTo(other.Microseconds);

    /// <summary>Earlier.</summary>
    public static bool operator <(Timestamp left, Timestamp right) => left.Microseconds < right.Microseconds;

    /// <summary>Later.</summary>
    public static bool operator >(Timestamp left, Timestamp right) => left.Microseconds > right.Microseconds;

    /// <summary>Not later.</summary>
    public static bool operator <=(Timestamp left, Timestamp right) => left.Microseconds <= right.Microseconds;

    /// <summary>Not earlier.</summary>
    public static bool operator >=(Timestamp left, Timestamp right) => left.Microseconds >= right.Microseconds;

    /// <summary>RFC 3339 in UTC: whole seconds, or six fractional digits with trailing zeros dropped.</summary>
    public override string ToString() => ToDateTimeOffset().UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss.FFFFFF'Z'", CultureInfo.InvariantCulture);
}
