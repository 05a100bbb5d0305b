using System.Globalization;
using System.Text;
using Cairn.Functions.Problems;

namespace Cairn.Functions.Routing;

/// <summary>The query of one request, checked against what its route takes: an unknown name is usually a typo that would lose a guarantee.</summary>
internal sealed class QueryParameters
{
    public static readonly QueryParameters None = new([]);

    private readonly List<(string Name, string Value)> _pairs;

    private QueryParameters(List<(string Name, string Value)> pairs) => _pairs = pairs;

    /// <param name="query">As sent, without the question mark.</param>
    /// <param name="takes">Names that the route takes; one that ends in <c>*</c> may come again.</param>
    public static QueryParameters Parse(ReadOnlySpan<char> query, ReadOnlySpan<string> takes)
    {
        if (query.IsEmpty)
        {
            return None;
        }

        var pairs = new List<(string Name, string Value)>();
        foreach (var range in query.Split('&'))
        {
            var part = query[range];
            if (part.IsEmpty)
            {
                continue;
            }

            var equals = part.IndexOf('=');
            var name = Text(equals < 0 ? part : part[..equals], "query");
            Require(name, takes, pairs);
            pairs.Add((name, equals < 0 ? "" : Text(part[(equals + 1)..], name)));
        }

        return new(pairs);
    }

    public string? this[string name]
    {
        get
        {
            foreach (var pair in _pairs)
            {
                if (pair.Name == name)
                {
                    return pair.Value;
                }
            }

            return null;
        }
    }

    /// <summary>Every value of a name that may come again.</summary>
    public string[] All(string name) =>
        this[name] is null ? [] : [.. _pairs.Where(pair => pair.Name == name).Select(pair => pair.Value)];

    /// <summary>A whole number; refused outside its range.</summary>
    public int Integer(string name, int least, int most, int otherwise)
    {
        if (this[name] is not { } text)
        {
            return otherwise;
        }

        // What is too long for an integer is past the limit all the same.
        if (!Int128.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var value))
        {
            throw ProblemException.Parameter(name, "must be a whole number");
        }

        return value >= least && value <= most ? (int)value : throw new ProblemException(new Problem(ProblemKinds.Limit, $"{name}: must be {least} to {most}")
        {
            Parameter = name,
            Limit = value > most ? most : least,
            Actual = (long)Int128.Clamp(value, long.MinValue, long.MaxValue),
        });
    }

    /// <summary>One of a few words; the first is the default.</summary>
    public int Word(string name, params ReadOnlySpan<string> words)
    {
        if (this[name] is not { } text)
        {
            return 0;
        }

        var found = words.IndexOf(text);
        return found >= 0 ? found : throw ProblemException.Parameter(name, $"must be one of {string.Join(", ", words.ToArray())}");
    }

    private static string Text(ReadOnlySpan<char> part, string parameter) =>
        part.ContainsAny('%', '+') || !Ascii.IsValid(part) ? Encoding.UTF8.GetString(PercentDecoding.Decode(part, parameter, plusIsSpace: true)) : part.ToString();

    private static void Require(string name, ReadOnlySpan<string> takes, List<(string Name, string Value)> pairs)
    {
        foreach (var known in takes)
        {
            var repeatable = known[^1] == '*';
            if (known.AsSpan(0, known.Length - (repeatable ? 1 : 0)).SequenceEqual(name))
            {
                if (!repeatable && pairs.Exists(pair => pair.Name == name))
                {
                    throw ProblemException.Parameter(name, "comes twice");
                }

                return;
            }
        }

        throw new ProblemException(new Problem(ProblemKinds.UnknownMember, $"unknown query parameter '{name}'") { Parameter = name });
    }
}
