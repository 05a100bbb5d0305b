using System.Text.Unicode;
using Cairn.Model;
using Cairn.Primitives;

namespace Cairn.Formats;

/// <summary>What ids, names and texts may be. Lengths are in bytes of UTF-8.</summary>
internal static class TextRules
{
    /// <summary>A concept's id: 1 to 512 bytes, no control characters, not <c>.</c> or <c>..</c></summary>
    public static void RequireId(ReadOnlySpan<byte> id, string field) => RequirePathPart(id, field, Limits.IdBytes);

    /// <summary>An association's ends, type and key.</summary>
    public static void RequireAssociation(in AssociationName name)
    {
        RequireId(name.Source, "source");
        RequirePathPart(name.Type, "type", Limits.NameBytes);
        RequireId(name.Target, "target");
        if (!name.Key.IsEmpty)
        {
            RequirePathPart(name.Key, "key", Limits.NameBytes);
        }
    }

    /// <summary>A label or an attribute's name: 1 to 128 bytes.</summary>
    public static void RequireName(ReadOnlySpan<byte> name, string field)
    {
        RequireLength(name, field, Limits.NameBytes);
        RequireText(name, field);
    }

    /// <summary>A commit's id: 1 to 128 visible ASCII characters, as an HTTP header can carry them.</summary>
    public static void RequireCommitId(ReadOnlySpan<byte> id)
    {
        RequireLength(id, "id", Limits.CommitIdLength);
        if (id.ContainsAnyExceptInRange((byte)'!', (byte)'~'))
        {
            throw CairnException.Invalid("id", "a commit's id is made of visible ASCII characters");
        }
    }

    /// <summary>Well-formed UTF-8, which leaves no lone surrogates.</summary>
    public static void RequireText(ReadOnlySpan<byte> text, string field)
    {
        if (!Utf8.IsValid(text))
        {
            throw CairnException.Invalid(field, $"{field} is not well-formed UTF-8");
        }
    }

    public static void RequireAtMost(ReadOnlySpan<byte> bytes, string field, int limit)
    {
        if (bytes.Length > limit)
        {
            throw CairnException.OverLimit(field, $"{field} takes at most {limit} bytes", limit, bytes.Length);
        }
    }

    private static void RequireLength(ReadOnlySpan<byte> bytes, string field, int limit)
    {
        if (bytes.IsEmpty)
        {
            throw CairnException.Invalid(field, $"{field} has an empty text where a name is needed");
        }

        RequireAtMost(bytes, field, limit);
    }

    private static void RequirePathPart(ReadOnlySpan<byte> text, string field, int limit)
    {
        RequireLength(text, field, limit);
        if (text.ContainsAnyExceptInRange((byte)' ', (byte)'~'))
        {
            RequireNoControls(text, field);
        }

        if (text is [(byte)'.'] or [(byte)'.', (byte)'.'])
        {
            throw CairnException.Invalid(field, $"{field} may not be '.' or '..'");
        }
    }

    // Unicode's control characters are U+0000–U+001F, U+007F and U+0080–U+009F; the last are C2 80 to C2 9F in UTF-8.
    private static void RequireNoControls(ReadOnlySpan<byte> text, string field)
    {
        RequireText(text, field);
        for (var i = 0; i < text.Length; i++)
        {
            if (text[i] is < 0x20 or 0x7F || (text[i] == 0xC2 && text[i + 1] < 0xA0))
            {
                throw CairnException.Invalid(field, $"{field} may not hold control characters");
            }
        }
    }
}
