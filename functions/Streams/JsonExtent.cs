namespace Cairn.Functions.Streams;

/// <summary>Finds where a JSON value ends without checking it: brackets outside strings. Goes on where it stopped when more bytes have come.</summary>
internal struct JsonExtent
{
    private int _at;
    private int _depth;
    private bool _inString;
    private bool _escaped;

    /// <param name="text">From the value's first byte on; the same bytes as before, and more.</param>
    /// <param name="length">Bytes of the value.</param>
    public bool TryFind(ReadOnlySpan<byte> text, out int length)
    {
        for (; _at < text.Length; _at++)
        {
            if (Ends(text[_at], out var inclusive))
            {
                length = _at + (inclusive ? 1 : 0);
                return true;
            }
        }

        length = 0;
        return false;
    }

    /// <summary>The bytes so far were dropped.</summary>
    public void Forget() => _at = 0;

    private bool Ends(byte c, out bool inclusive)
    {
        inclusive = true;
        if (_inString)
        {
            _inString = _escaped || c != '"';
            _escaped = !_escaped && c == '\\';
            return !_inString && _depth == 0;
        }

        switch ((char)c)
        {
            case '"':
                _inString = true;
                return false;
            case '{' or '[':
                _depth++;
                return false;
            case '}' or ']' when _depth > 0:
                return --_depth == 0;
            case ',' or ']' or '}' when _depth == 0:
                inclusive = false;
                return true;
            default:
                return false;
        }
    }
}
