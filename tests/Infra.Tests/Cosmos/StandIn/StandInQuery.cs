using System.Globalization;
using System.Text.RegularExpressions;

namespace Cairn.Infra.Tests.Cosmos.StandIn;

/// <summary>
/// The queries that the index sends, and what the client makes of them, over documents in memory: SELECT of members or constructed values, WHERE, ORDER BY one member. Whether
/// Cosmos DB would take a query is for the client's own parser to say, which the tests have on; this one only has to agree with what it means.
/// </summary>
internal sealed partial class StandInQuery
{
    private delegate object? Evaluation(OrderedDictionary<string, object?> document, IReadOnlyDictionary<string, object?> parameters);

    private readonly List<(string Name, Evaluation Read)> _selected = [];
    private readonly List<string> _tokens = [];
    private int _at;
    private int? _top;
    private Evaluation? _where;
    private Evaluation? _order;

    public StandInQuery(string text)
    {
        foreach (Match match in Tokens().Matches(text))
        {
            _tokens.Add(match.Groups[1].Value);
        }

        Read();
    }

    private string Next => _at < _tokens.Count ? _tokens[_at] : "";

    public List<object?> Run(IEnumerable<OrderedDictionary<string, object?>> documents, IReadOnlyDictionary<string, object?> parameters)
    {
        var found = documents.Where(document => _where is null || _where(document, parameters) is true);
        if (_order is { } order)
        {
            // What the member is missing in is not in the order.
            found = found.Where(document => order(document, parameters) is string).OrderBy(document => (string)order(document, parameters)!, StringComparer.Ordinal);
        }

        return [.. (_top is { } most ? found.Take(most) : found).Select(document => (object?)new OrderedDictionary<string, object?>(
            _selected.Select(one => KeyValuePair.Create(one.Name, one.Read(document, parameters)))))];
    }

    [GeneratedRegex("""\G\s*("(?:\\.|[^"\\])*"|\d+(?:\.\d+)?|@\w+|[A-Za-z_]\w*|<=|>=|!=|[=<>(),.\[\]{}:-])""")]
    private static partial Regex Tokens();

    private void Read()
    {
        Take("SELECT");
        if (TryTake("TOP"))
        {
            _top = int.Parse(Take(), CultureInfo.InvariantCulture);
        }

        do
        {
            var value = ReadValue();
            var name = _tokens[_at - 1];
            _selected.Add((TryTake("AS") ? Take() : name, value));
        }
        while (TryTake(","));

        Take("FROM");
        Take();
        _where = TryTake("WHERE") ? ReadOr() : null;
        if (TryTake("ORDER"))
        {
            Take("BY");
            _order = ReadValue();
            TryTake("ASC");
        }

        if (Next.Length > 0)
        {
            throw new FormatException($"the stand-in does not know what '{Next}' means there");
        }
    }

    private Evaluation ReadOr()
    {
        var left = ReadAnd();
        while (TryTake("OR"))
        {
            var (one, other) = (left, ReadAnd());
            left = (document, parameters) => (one(document, parameters), other(document, parameters)) switch
            {
                (true, _) or (_, true) => true,
                (false, false) => false,
                _ => StandInValue.Undefined,
            };
        }

        return left;
    }

    private Evaluation ReadAnd()
    {
        var left = ReadNot();
        while (TryTake("AND"))
        {
            var (one, other) = (left, ReadNot());
            left = (document, parameters) => (one(document, parameters), other(document, parameters)) switch
            {
                (false, _) or (_, false) => false,
                (true, true) => true,
                _ => StandInValue.Undefined,
            };
        }

        return left;
    }

    private Evaluation ReadNot()
    {
        if (!TryTake("NOT"))
        {
            return ReadComparison();
        }

        var inner = ReadNot();
        return (document, parameters) => inner(document, parameters) is bool truth ? !truth : StandInValue.Undefined;
    }

    private Evaluation ReadComparison()
    {
        var left = ReadValue();
        if (TryTake("IN"))
        {
            var items = ReadList("(", ")");
            return (document, parameters) => items.Any(item => StandInValue.AreEqual(left(document, parameters), item(document, parameters)));
        }

        if (Next is not ("=" or "!=" or "<" or "<=" or ">" or ">="))
        {
            return left;
        }

        var (comparison, right) = (Take(), ReadValue());
        return (document, parameters) => StandInValue.Compare(left(document, parameters), right(document, parameters)) is { } order
            ? comparison switch { "=" => order == 0, "!=" => order != 0, "<" => order < 0, "<=" => order <= 0, ">" => order > 0, _ => order >= 0 }
            : StandInValue.Undefined;
    }

    private Evaluation ReadValue()
    {
        var token = Take();
        switch (token)
        {
            case "(":
                var inner = ReadOr();
                Take(")");
                return inner;
            case "[":
                _at--;
                var items = ReadList("[", "]");
                return (document, parameters) => items.Select(item => item(document, parameters)).ToList();
            case "{":
                return ReadObject();
            case "true" or "false":
                return (_, _) => token == "true";
            case ['@', ..]:
                return (_, parameters) => parameters[token];
            case [>= '0' and <= '9', ..]:
                return (_, _) => double.Parse(token, CultureInfo.InvariantCulture);
            default:
                return Next == "(" ? ReadFunction(token) : ReadPath();
        }
    }

    private Evaluation ReadObject()
    {
        var members = new List<(string Name, Evaluation Read)>();
        while (!TryTake("}"))
        {
            var name = Take().Trim('"');
            Take(":");
            members.Add((name, ReadValue()));
            TryTake(",");
        }

        return (document, parameters) => new OrderedDictionary<string, object?>(members.Select(member => KeyValuePair.Create(member.Name, member.Read(document, parameters))));
    }

    // The root's name was taken.
    private Evaluation ReadPath()
    {
        var steps = new List<string>();
        while (Next is "." or "[")
        {
            var isQuoted = Take() == "[";
            steps.Add(isQuoted ? Take().Trim('"') : Take());
            if (isQuoted)
            {
                Take("]");
            }
        }

        return (document, _) => steps.Aggregate((object?)document, StandInValue.Member);
    }

    private Evaluation ReadFunction(string name)
    {
        var arguments = ReadList("(", ")");
        object? Argument(int index, OrderedDictionary<string, object?> document, IReadOnlyDictionary<string, object?> parameters) => arguments[index](document, parameters);
        return name switch
        {
            "IS_DEFINED" => (document, parameters) => !ReferenceEquals(Argument(0, document, parameters), StandInValue.Undefined),
            "IS_STRING" => (document, parameters) => Argument(0, document, parameters) is string,
            "STARTSWITH" => (document, parameters) => Argument(0, document, parameters) is string text ? text.StartsWith((string)Argument(1, document, parameters)!, StringComparison.Ordinal) : StandInValue.Undefined,
            "ARRAY_CONTAINS" => (document, parameters) => Argument(0, document, parameters) is List<object?> items
                ? items.Any(item => StandInValue.AreEqual(item, Argument(1, document, parameters)))
                : StandInValue.Undefined,
            _ => throw new FormatException($"the stand-in has no function {name}"),
        };
    }

    private List<Evaluation> ReadList(string open, string close)
    {
        Take(open);
        var items = new List<Evaluation>();
        while (!TryTake(close))
        {
            items.Add(ReadOr());
            TryTake(",");
        }

        return items;
    }

    private string Take() => _at < _tokens.Count ? _tokens[_at++] : throw new FormatException("a query ends too soon");

    private void Take(string token)
    {
        if (!TryTake(token))
        {
            throw new FormatException($"'{token}' was expected, not '{Next}'");
        }
    }

    private bool TryTake(string token)
    {
        var isThere = Next.Equals(token, StringComparison.OrdinalIgnoreCase);
        _at += isThere ? 1 : 0;
        return isThere;
    }
}
