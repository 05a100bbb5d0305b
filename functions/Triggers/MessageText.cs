using System.Text;
using Cairn.Functions.Problems;

namespace Cairn.Functions.Triggers;

/// <summary>The text of a message: JSON as it is, or in base64, which some clients of Queue Storage put around everything. A pure function.</summary>
internal static class MessageText
{
    /// <summary>The bytes of the JSON. An object begins with a brace, which base64 never does.</summary>
    /// <exception cref="ProblemException">syntax: neither.</exception>
    public static byte[] Decode(string text)
    {
        var trimmed = text.AsSpan().Trim();
        if (trimmed is ['{', ..])
        {
            return Encoding.UTF8.GetBytes(text);
        }

        var bytes = new byte[trimmed.Length];
        return trimmed.Length > 0 && Convert.TryFromBase64Chars(trimmed, bytes, out var length)
            ? bytes[..length]
            : throw ProblemException.Of(ProblemKinds.Syntax, "the message is neither a JSON object nor base64 of one");
    }
}
