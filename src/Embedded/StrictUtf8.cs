using System.Text;
using Cairn.Primitives;

namespace Cairn.Embedded;

/// <summary>Strings of the caller as UTF-8; a lone surrogate is refused rather than replaced, since two ids must not become one.</summary>
internal static class StrictUtf8
{
    private static readonly UTF8Encoding Encoding = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);

    /// <param name="text">Any text.</param>
    /// <param name="field">Named if it is refused.</param>
    /// <exception cref="CairnException">Invalid: a lone surrogate.</exception>
    public static byte[] Encode(string text, string field)
    {
        try
        {
            return Encoding.GetBytes(text);
        }
        catch (EncoderFallbackException)
        {
            throw CairnException.Invalid(field, $"{field} holds a lone surrogate");
        }
    }

    /// <summary>For look-ups: what cannot be an id is the id of nothing.</summary>
    public static bool TryEncode(string text, out byte[] bytes)
    {
        try
        {
            bytes = Encoding.GetBytes(text);
            return true;
        }
        catch (EncoderFallbackException)
        {
            bytes = [];
            return false;
        }
    }
}
