using System.Text;
using Cairn.Functions.Problems;

namespace Cairn.Functions.Answers;

/// <summary>Reads names in strings: steps with dots between them, each bare or in double quotes (a quote inside is doubled); commas between names.</summary>
internal struct NameReader(string text, string parameter)
{
    private int _at;

    /// <summary>One name.</summary>
    public (List<string> Steps, bool FirstIsQuoted) Read()
    {
        var steps = new List<string>();
        var firstIsQuoted = false;
        do
        {
            SkipSpaces();
            var quoted = _at < text.Length && text[_at] == '"';
            firstIsQuoted |= quoted && steps.Count == 0;
            steps.Add(quoted ? Quoted() : Bare());
            SkipSpaces();
        }
        while (TryTake('.'));

        return (steps, firstIsQuoted);
    }

    /// <summary>Whether another name follows; anything else behind a name is refused.</summary>
    public bool TryComma()
    {
        if (TryTake(','))
        {
            return true;
        }

        return _at == text.Length ? false : throw ProblemException.Parameter(parameter, $"'{text[_at]}' at {_at + 1} is neither a comma nor a dot");
    }

    private string Bare()
    {
        var start = _at;
        while (_at < text.Length && text[_at] is not (',' or '.' or '"' or ' '))
        {
            _at++;
        }

        return _at > start ? text[start.._at] : throw ProblemException.Parameter(parameter, $"a name is missing at {start + 1}");
    }

    private string Quoted()
    {
        var name = new StringBuilder();
        for (_at++; _at < text.Length; _at++)
        {
            if (text[_at] != '"')
            {
                name.Append(text[_at]);
            }
            else if (_at + 1 < text.Length && text[_at + 1] == '"')
            {
                name.Append(text[_at++]);
            }
            else
            {
                _at++;
                return name.ToString();
            }
        }

        throw ProblemException.Parameter(parameter, "a quoted name has no end");
    }

    private void SkipSpaces()
    {
        while (_at < text.Length && text[_at] == ' ')
        {
            _at++;
        }
    }

    private bool TryTake(char c)
    {
        if (_at == text.Length || text[_at] != c)
        {
            return false;
        }

        _at++;
        return true;
    }
}
