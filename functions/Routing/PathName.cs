using Cairn.Functions.Problems;

namespace Cairn.Functions.Routing;

/// <summary>Ids, types and keys that come in a path or a query: the rules of the model, told in terms of the parameter.</summary>
internal static class PathName
{
    /// <summary>The name itself, if it may be one.</summary>
    /// <exception cref="ProblemException">invalid or limit.</exception>
    public static byte[] Require(byte[] name, string parameter, int limitBytes, bool mayBeEmpty = false)
    {
        Require(name.AsSpan(), parameter, limitBytes, mayBeEmpty);
        return name;
    }

    /// <inheritdoc cref="Require(byte[], string, int, bool)"/>
    public static void Require(ReadOnlySpan<byte> name, string parameter, int limitBytes, bool mayBeEmpty = false)
    {
        if (name.Length > limitBytes)
        {
            throw new ProblemException(new Problem(ProblemKinds.Limit, $"{parameter}: at most {limitBytes} bytes")
            {
                Parameter = parameter,
                Limit = limitBytes,
                Actual = name.Length,
            });
        }

        if (name.Length == 0 && !mayBeEmpty)
        {
            throw ProblemException.Parameter(parameter, "must not be empty");
        }

        if (name is [(byte)'.'] or [(byte)'.', (byte)'.'])
        {
            throw ProblemException.Parameter(parameter, "may not be '.' or '..'");
        }

        if (HasControl(name))
        {
            throw ProblemException.Parameter(parameter, "may not hold control characters");
        }
    }

    /// <summary>Whether anything can have that name.</summary>
    public static bool Allows(ReadOnlySpan<byte> name, int limitBytes) =>
        name.Length > 0 && name.Length <= limitBytes && name is not ([(byte)'.'] or [(byte)'.', (byte)'.']) && !HasControl(name);

    // Unicode's control characters: U+0000–U+001F, U+007F, and U+0080–U+009F, which are C2 80 to C2 9F in UTF-8.
    private static bool HasControl(ReadOnlySpan<byte> name)
    {
        for (var i = 0; i < name.Length; i++)
        {
            if (name[i] is < 0x20 or 0x7F || (name[i] == 0xC2 && name[i + 1] < 0xA0))
            {
                return true;
            }
        }

        return false;
    }
}
