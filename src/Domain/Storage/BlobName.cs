using Cairn.Primitives;

namespace Cairn.Storage;

/// <summary>A blob that is there.</summary>
/// <param name="Name">Its name, well-formed as <see cref="IsValid"/> says.</param>
/// <param name="LengthBytes">Its bytes.</param>
public readonly record struct BlobName(string Name, long LengthBytes)
{
    /// <summary>Longest name, in characters.</summary>
    public const int MaxLength = 200;

    // The log files of the space lie in this folder.
    private const string Reserved = "log";

    /// <summary>
    /// Whether a name is well-formed: folders and a last part, divided by <c>/</c>, each of lowercase letters, digits, <c>-</c> and
    /// <c>.</c>; no part is empty, begins or ends with a dot or has two in a row; the first part is not <c>log</c>; at most
    /// <see cref="MaxLength"/> characters.
    /// </summary>
    public static bool IsValid(ReadOnlySpan<char> name)
    {
        if (name.Length is 0 or > MaxLength)
        {
            return false;
        }

        var first = true;
        foreach (var range in name.Split('/'))
        {
            var part = name[range];
            if (!IsPart(part) || (first && part.SequenceEqual(Reserved)))
            {
                return false;
            }

            first = false;
        }

        return true;
    }

    /// <summary>Refuses a name that is not well-formed.</summary>
    /// <exception cref="CairnException">Internal: names are made by the program; one that was read from outside is asked about before.</exception>
    public static void Require(string name) => Invariant.Require(IsValid(name), $"\"{name}\" is no name of a blob");

    /// <summary>Refuses what no name could begin with: a prefix is empty, a whole name, or folders with <c>/</c> behind.</summary>
    /// <exception cref="CairnException">Internal.</exception>
    public static void RequirePrefix(string prefix) =>
        Invariant.Require(prefix.Length == 0 || IsValid(prefix.EndsWith('/') ? prefix[..^1] : prefix), $"\"{prefix}\" is no prefix of blobs' names");

    private static bool IsPart(ReadOnlySpan<char> part)
    {
        var last = '.';
        foreach (var c in part)
        {
            if (c is not ((>= 'a' and <= 'z') or (>= '0' and <= '9') or '-' or '.') || (c == '.' && last == '.'))
            {
                return false;
            }

            last = c;
        }

        return last != '.';
    }
}
