using Cairn.Functions.Json;
using Cairn.Model;

namespace Cairn.Functions.Requests;

/// <summary>The settings of a space from JSON: absent members stay as they are.</summary>
internal static class SettingsReading
{
    /// <summary>The change that a body asks for; checked now, applied when the log is at it.</summary>
    public static Func<SpaceSettings, SpaceSettings> Read(JsonNode body)
    {
        Func<SpaceSettings, SpaceSettings> change = settings => settings;
        foreach (var member in body.RequireObject().Members)
        {
            var (before, next) = (change, ReadMember(member));
            change = settings => next(before(settings));
        }

        return change;
    }

    private static Func<SpaceSettings, SpaceSettings> ReadMember(JsonMember member)
    {
        var value = member.Value;
        if (member.Is("halfLife"u8))
        {
            var halfLife = PositiveOrNull(value);
            return settings => settings with { HalfLife = halfLife };
        }

        if (member.Is("ttl"u8))
        {
            var ttl = PositiveOrNull(value);
            return settings => settings with { TimeToLive = ttl };
        }

        if (member.Is("language"u8))
        {
            var language = (TextLanguage)value.RequireWord("english", "none");
            return settings => settings with { Language = language };
        }

        if (member.Is("textAttributes"u8))
        {
            var attributes = value.IsNull ? null : Attributes(value.RequireArray());
            return settings => settings with { TextAttributes = attributes };
        }

        if (member.Is("idempotencyWindow"u8))
        {
            var window = Window(value);
            return settings => settings with { IdempotencyWindow = window };
        }

        return member.Is("vector"u8) ? Vector(value) : throw member.Unknown();
    }

    private static Func<SpaceSettings, SpaceSettings> Vector(JsonNode vector)
    {
        if (vector.IsNull)
        {
            return settings => settings with { VectorDimensions = null, VectorMetric = VectorMetric.Cosine };
        }

        Func<SpaceSettings, SpaceSettings> change = settings => settings;
        foreach (var member in vector.RequireObject().Members)
        {
            var before = change;
            if (member.Is("dimensions"u8))
            {
                int? dimensions = member.Value.IsNull ? null : (int)member.Value.RequireInteger(1, Limits.VectorDimensions);
                change = settings => before(settings) with { VectorDimensions = dimensions };
            }
            else
            {
                var metric = (VectorMetric)(member.Is("metric"u8) ? member.Value.RequireWord("cosine", "dot", "l2") : throw member.Unknown());
                change = settings => before(settings) with { VectorMetric = metric };
            }
        }

        return change;
    }

    private static TextAttributes Attributes(JsonNode list)
    {
        if (list.Count > Limits.TextAttributes)
        {
            throw list.OverLimit($"names {Limits.TextAttributes} attributes at most; null: all are searched", Limits.TextAttributes, list.Count);
        }

        var names = new HashSet<string>(list.Count);
        foreach (var name in list.Items)
        {
            var length = name.RequireText().Length;
            if (length > Limits.NameBytes)
            {
                throw name.OverLimit($"an attribute's name has 1 to {Limits.NameBytes} bytes", Limits.NameBytes, length);
            }

            if (length == 0 || !names.Add(name.ToString()))
            {
                throw name.Refuse(length == 0 ? $"an attribute's name has 1 to {Limits.NameBytes} bytes" : $"the attribute '{name}' is named twice");
            }
        }

        return TextAttributes.Of(names);
    }

    private static TimeSpan? PositiveOrNull(JsonNode node) =>
        node.IsNull ? null : Duration(node) is var duration && duration > TimeSpan.Zero ? duration : throw node.Refuse("must be longer than nothing");

    private static TimeSpan Window(JsonNode node)
    {
        var window = Duration(node);
        return window >= SpaceSettings.MinIdempotencyWindow && window <= SpaceSettings.MaxIdempotencyWindow
            ? window
            : throw node.Refuse($"must be {DurationText.Format(SpaceSettings.MinIdempotencyWindow)} to {DurationText.Format(SpaceSettings.MaxIdempotencyWindow)}");
    }

    private static TimeSpan Duration(JsonNode node)
    {
        node.RequireText();
        return DurationText.TryParse(node.ToString(), out var duration)
            ? duration
            : throw node.Refuse("must be an ISO 8601 duration in weeks, days, hours, minutes and seconds, such as P30D");
    }
}
