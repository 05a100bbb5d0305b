using System.Text.Unicode;
using Cairn.Functions.Problems;

namespace Cairn.Functions.Routing;

/// <summary>Percent-decoding, once, to UTF-8.</summary>
internal static class PercentDecoding
{
    /// <summary>Decodes a path segment or a query's part.</summary>
    /// <param name="text">As sent.</param>
    /// <param name="parameter">Whose it is, for the problem.</param>
    /// <param name="plusIsSpace">In a query, <c>+</c> is a space.</param>
    /// <exception cref="ProblemException">invalid: a broken escape, or not UTF-8.</exception>
    public static byte[] Decode(ReadOnlySpan<char> text, string parameter, bool plusIsSpace = false)
    {
        var bytes = new byte[text.Length];
        var at = 0;
        for (var i = 0; i < text.Length; i++)
        {
            var c = text[i];
            if (c == '%')
            {
                c = (char)Escape(text[i..], parameter);
                i += 2;
            }
            else if (c > 0x7E)
            {
                throw ProblemException.Parameter(parameter, "only ASCII goes into a request target; write the rest percent-encoded, as UTF-8");
            }
            else if (c == '+' && plusIsSpace)
            {
                c = ' ';
            }

            bytes[at++] = (byte)c;
        }

        Array.Resize(ref bytes, at);
        return Utf8.IsValid(bytes) ? bytes : throw ProblemException.Parameter(parameter, "is not UTF-8 when decoded");
    }

    private static int Escape(ReadOnlySpan<char> text, string parameter)
    {
        if (text.Length < 3 || !char.IsAsciiHexDigit(text[1]) || !char.IsAsciiHexDigit(text[2]))
        {
            throw ProblemException.Parameter(parameter, "a % is not followed by two hexadecimal digits");
        }

        return Convert.FromHexString(text.Slice(1, 2))[0];
    }
}
