using System.Globalization;
using System.Text;

namespace Cairn.Text;

/// <summary>Digits of all scripts as ASCII digits. Stateless; any thread.</summary>
internal static class Digits
{
    /// <summary>The ASCII digit for a decimal digit of any script, raised and lowered ones included.</summary>
    public static bool TryFold(int codePoint, out byte digit)
    {
        var value = codePoint switch
        {
            0xB2 or 0xB3 => codePoint - 0xB0,
            0xB9 => 1,
            0x2070 or (>= 0x2074 and <= 0x2079) => codePoint - 0x2070,
            >= 0x2080 and <= 0x2089 => codePoint - 0x2080,
            _ => Decimal(codePoint),
        };
        digit = (byte)('0' + value);
        return value >= 0;
    }

    private static int Decimal(int codePoint)
    {
        var character = new Rune(codePoint);
        return Rune.GetUnicodeCategory(character) == UnicodeCategory.DecimalDigitNumber ? (int)Rune.GetNumericValue(character) : -1;
    }
}
