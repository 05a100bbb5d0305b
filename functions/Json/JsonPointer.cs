using System.Globalization;
using System.Text;

namespace Cairn.Functions.Json;

/// <summary>RFC 6901 pointers, made only when something is wrong.</summary>
internal static class JsonPointer
{
    /// <summary>The pointer of a node; of a member's name, that of the member. "" is the root.</summary>
    public static string Of(JsonTape tape, int target)
    {
        var pointer = new StringBuilder();
        var at = 0;
        while (at != target)
        {
            at = tape[at].Kind == JsonKind.Object ? Member(tape, at, target, pointer) : Item(tape, at, target, pointer);
        }

        return pointer.ToString();
    }

    /// <summary>Appends one step.</summary>
    public static string Append(string pointer, string step) => $"{pointer}/{Escape(step)}";

    private static int Member(JsonTape tape, int container, int target, StringBuilder pointer)
    {
        var name = container + 1;
        while (tape[name + 1].Next <= target)
        {
            name = tape[name + 1].Next;
        }

        pointer.Append('/').Append(Escape(Encoding.UTF8.GetString(tape.TextOf(name))));
        return target == name ? target : name + 1;
    }

    private static int Item(JsonTape tape, int container, int target, StringBuilder pointer)
    {
        var (item, ordinal) = (container + 1, 0);
        for (; tape[item].Next <= target; ordinal++)
        {
            item = tape[item].Next;
        }

        pointer.Append('/').Append(ordinal.ToString(CultureInfo.InvariantCulture));
        return item;
    }

    private static string Escape(string step) => step.Replace("~", "~0", StringComparison.Ordinal).Replace("/", "~1", StringComparison.Ordinal);
}
