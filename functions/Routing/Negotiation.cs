using Cairn.Functions.Problems;
using Microsoft.Extensions.Primitives;
using Microsoft.Net.Http.Headers;

namespace Cairn.Functions.Routing;

/// <summary>Finds the form of an answer that the Accept header takes.</summary>
internal static class Negotiation
{
    /// <param name="accept">The header; none takes anything.</param>
    /// <param name="produces">What the route has; the first is the default.</param>
    /// <exception cref="ProblemException">not-acceptable.</exception>
    public static string Choose(StringValues accept, string[] produces)
    {
        if (StringValues.IsNullOrEmpty(accept) || accept == "*/*" || accept == produces[0])
        {
            return produces[0];
        }

        if (!MediaTypeHeaderValue.TryParseList(accept, out var ranges))
        {
            throw ProblemException.Parameter("Accept", "is not a list of media types");
        }

        var best = produces
            .Select(type => (Type: type, Quality: Quality(type, ranges)))
            .Where(candidate => candidate.Quality > 0)
            .OrderByDescending(candidate => candidate.Quality)
            .FirstOrDefault();
        return best.Type ?? throw ProblemException.Of(ProblemKinds.NotAcceptable, $"this route answers {string.Join(", ", produces)}");
    }

    // The most specific range decides; a type that is named outright is wanted more than one that a wildcard lets pass.
    private static double Quality(string type, IList<MediaTypeHeaderValue> ranges)
    {
        var candidate = new MediaTypeHeaderValue(type);
        var range = ranges
            .Where(range => range.MatchesAllTypes
                || (range.Type.Equals(candidate.Type, StringComparison.OrdinalIgnoreCase)
                    && (range.MatchesAllSubTypes || range.SubType.Equals(candidate.SubType, StringComparison.OrdinalIgnoreCase))))
            .OrderBy(range => range.MatchesAllTypes ? 2 : range.MatchesAllSubTypes ? 1 : 0)
            .FirstOrDefault();
        return range is null ? 0 : (range.Quality ?? 1) - (range.MatchesAllTypes || range.MatchesAllSubTypes ? 0.0005 : 0);
    }
}
