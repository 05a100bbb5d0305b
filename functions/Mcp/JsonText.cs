using System.Buffers;
using System.Globalization;
using System.Text;

namespace Cairn.Functions.Mcp;

/// <summary>
/// Compact JSON as a text for a model to read: indented by two spaces as JavaScript's JSON.stringify does it, which is how the reference memory server answers,
/// or as it is; with every letter as itself, since an escape costs a model several tokens.
/// </summary>
internal static class JsonText
{
    private const int EscapeLength = 6;

    public static string Indented(ReadOnlySpan<byte> json) => Write(json, isIndented: true);

    public static string Compact(ReadOnlySpan<byte> json) => Write(json, isIndented: false);

    private static string Write(ReadOnlySpan<byte> json, bool isIndented)
    {
        var text = new ArrayBufferWriter<byte>(json.Length * 2);
        for (var (at, depth) = (0, 0); at < json.Length;)
        {
            if (json[at] == (byte)'"')
            {
                at += WriteString(text, json[at..]);
            }
            else
            {
                at += isIndented ? WriteIndented(text, json[at..], ref depth) : WriteByte(text, json[at]);
            }
        }

        return Encoding.UTF8.GetString(text.WrittenSpan);
    }

    private static int WriteByte(ArrayBufferWriter<byte> text, byte value)
    {
        text.Write([value]);
        return 1;
    }

    private static int WriteIndented(ArrayBufferWriter<byte> text, ReadOnlySpan<byte> json, ref int depth)
    {
        switch (json[0])
        {
            case (byte)'{' or (byte)'[' when json[1] is (byte)'}' or (byte)']':
                text.Write(json[..2]);
                return 2;
            case (byte)'{' or (byte)'[':
                text.Write(json[..1]);
                BreakLine(text, ++depth);
                break;
            case (byte)'}' or (byte)']':
                BreakLine(text, --depth);
                text.Write(json[..1]);
                break;
            case (byte)',':
                text.Write(","u8);
                BreakLine(text, depth);
                break;
            case (byte)':':
                text.Write(": "u8);
                break;
            default:
                text.Write(json[..1]);
                break;
        }

        return 1;
    }

    private static void BreakLine(ArrayBufferWriter<byte> text, int depth)
    {
        var line = text.GetSpan(1 + (2 * depth))[..(1 + (2 * depth))];
        line.Fill((byte)' ');
        line[0] = (byte)'\n';
        text.Advance(line.Length);
    }

    // Answers the bytes of the string, quotes included.
    private static int WriteString(ArrayBufferWriter<byte> text, ReadOnlySpan<byte> json)
    {
        var at = 1;
        text.Write("\""u8);
        while (true)
        {
            var plain = json[at..].IndexOfAny((byte)'"', (byte)'\\');
            text.Write(json.Slice(at, plain));
            at += plain;
            if (json[at] == (byte)'"')
            {
                text.Write("\""u8);
                return at + 1;
            }

            at += json[at + 1] == (byte)'u' ? WriteEscape(text, json[at..]) : WriteShort(text, json[at..]);
        }
    }

    private static int WriteShort(ArrayBufferWriter<byte> text, ReadOnlySpan<byte> escape)
    {
        text.Write(escape[..2]);
        return 2;
    }

    private static int WriteEscape(ArrayBufferWriter<byte> text, ReadOnlySpan<byte> escape)
    {
        var unit = UnitOf(escape);
        if (unit < ' ')
        {
            text.Write(Encoding.ASCII.GetBytes(string.Create(CultureInfo.InvariantCulture, $"\\u{(int)unit:x4}")));
            return EscapeLength;
        }

        var isPair = char.IsHighSurrogate(unit);
        var rune = isPair ? new Rune(unit, UnitOf(escape[EscapeLength..])) : new Rune(unit);
        text.Advance(rune.EncodeToUtf8(text.GetSpan(4)));
        return isPair ? 2 * EscapeLength : EscapeLength;
    }

    private static char UnitOf(ReadOnlySpan<byte> escape) =>
        (char)ushort.Parse(escape[2..EscapeLength], NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture);
}
