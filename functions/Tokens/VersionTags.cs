using System.Globalization;
using Cairn.Functions.Problems;
using Cairn.Primitives;

namespace Cairn.Functions.Tokens;

/// <summary>Entity tags: <c>"{first 8 characters of the incarnation}-{version}"</c>, and the conditions that name them.</summary>
internal static class VersionTags
{
    private const int MaxLength = 40;

    [ThreadStatic]
    private static string? _prefix;

    [ThreadStatic]
    private static Incarnation _incarnation;

    /// <summary>A version that nothing has: the tag is of another life, or weak where only strong ones count.</summary>
    public static LogPosition Never => LogPosition.Max;

    public static string Of(Incarnation incarnation, LogPosition version) =>
        string.Create(CultureInfo.InvariantCulture, stackalloc char[MaxLength], $"{PrefixOf(incarnation)}{version.Value}\"");

    /// <summary>
    /// The one version that If-Match can mean: versions of one thing only rise, so that of several known tags all but the highest are
    /// history. Null: any version (<c>*</c>).
    /// </summary>
    public static LogPosition? Expected(string header, Incarnation incarnation)
    {
        if (header.Trim() == "*")
        {
            return null;
        }

        LogPosition? highest = null;
        foreach (var tag in Split("If-Match", header))
        {
            if (TryParse(tag, incarnation, out var version) && !(highest >= version))
            {
                highest = version;
            }
        }

        return highest ?? Never;
    }

    /// <summary>Whether If-None-Match names this version (weak comparison, or <c>*</c>).</summary>
    public static bool Names(string header, Incarnation incarnation, LogPosition version)
    {
        if (header.Trim() == "*")
        {
            return true;
        }

        foreach (var tag in Split("If-None-Match", header))
        {
            var strong = tag.StartsWith("W/", StringComparison.Ordinal) ? tag[2..] : tag;
            if (TryParse(strong, incarnation, out var named) && named == version)
            {
                return true;
            }
        }

        return false;
    }

    // Tags of this service hold no commas; one of another that does is cut in two and matches nothing, as it should.
    // A condition that names nothing is one that got lost on its way; taking it for none would lose the guarantee.
    private static string[] Split(string name, string header)
    {
        var tags = header.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries);
        return tags.Length > 0 && Array.TrueForAll(tags, static tag => tag.Contains('"', StringComparison.Ordinal))
            ? tags
            : throw ProblemException.Parameter(name, "takes * or entity tags, which are written in double quotes");
    }

    private static bool TryParse(string tag, Incarnation incarnation, out LogPosition version)
    {
        version = default;
        var prefix = PrefixOf(incarnation);
        if (!tag.StartsWith(prefix, StringComparison.Ordinal) || tag[^1] != '"'
            || !long.TryParse(tag.AsSpan(prefix.Length)[..^1], NumberStyles.None, CultureInfo.InvariantCulture, out var value)
            || value > LogPosition.Max.Value)
        {
            return false;
        }

        version = new(value);
        return true;
    }

    // A thread mostly answers of one space: that life's text is made once.
    private static string PrefixOf(Incarnation incarnation)
    {
        if (_prefix is null || _incarnation != incarnation)
        {
            (_incarnation, _prefix) = (incarnation, $"\"{incarnation.Short}-");
        }

        return _prefix;
    }
}
