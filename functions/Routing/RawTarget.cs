namespace Cairn.Functions.Routing;

/// <summary>
/// The request target as it was sent: the server's own routing decodes <c>%2F</c> and <c>%252F</c> to the same value, but an id may hold either.
/// Segments are cut at <c>/</c> first and then decoded, once each.
/// </summary>
internal readonly struct RawTarget
{
    public const int MaxSegments = 10;

    private readonly string _text;
    private readonly int _pathEnd;
    private readonly Range[] _segments;

    private RawTarget(string text, int pathEnd, Range[] segments) => (_text, _pathEnd, _segments) = (text, pathEnd, segments);

    public int SegmentCount => _segments.Length;

    /// <summary>A segment as it was sent.</summary>
    public ReadOnlySpan<char> Segment(int index) => _text.AsSpan(_segments[index]);

    /// <summary>Behind the question mark; empty without one.</summary>
    public ReadOnlySpan<char> Query => _pathEnd < _text.Length ? _text.AsSpan(_pathEnd + 1) : default;

    public string Path => _text[.._pathEnd];

    /// <summary>Accepts the origin form and the absolute form.</summary>
    public static bool TryParse(string target, out RawTarget parsed)
    {
        parsed = default;
        var text = target is ['/', ..] ? target : WithoutAuthority(target);
        var mark = text.IndexOf('?', StringComparison.Ordinal);
        var pathEnd = mark < 0 ? text.Length : mark;
        if (pathEnd == 0 || text[0] != '/' || text.AsSpan(1, pathEnd - 1).Count('/') >= MaxSegments)
        {
            return false;
        }

        parsed = new(text, pathEnd, Split(text, pathEnd));
        return true;
    }

    private static Range[] Split(string text, int pathEnd)
    {
        var segments = new Range[text.AsSpan(1, pathEnd - 1).Count('/') + 1];
        var start = 1;
        for (var i = 0; i < segments.Length; i++)
        {
            var length = text.AsSpan(start, pathEnd - start).IndexOf('/');
            var end = length < 0 ? pathEnd : start + length;
            segments[i] = start..end;
            start = end + 1;
        }

        return segments;
    }

    private static string WithoutAuthority(string target)
    {
        var authority = target.IndexOf("://", StringComparison.Ordinal);
        var path = authority < 0 ? -1 : target.IndexOf('/', authority + 3);
        return path < 0 ? "" : target[path..];
    }
}
