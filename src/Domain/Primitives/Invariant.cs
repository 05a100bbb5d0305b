using System.Diagnostics.CodeAnalysis;

namespace Cairn.Primitives;

/// <summary>Assertions that stay on in Release.</summary>
public static class Invariant
{
    /// <summary>Stops with an internal error unless <paramref name="holds"/>.</summary>
    /// <exception cref="CairnException">Internal: it does not hold.</exception>
    public static void Require([DoesNotReturnIf(false)] bool holds, string message)
    {
        if (!holds)
        {
            Fail(message);
        }
    }

    [DoesNotReturn]
    private static void Fail(string message) => throw new CairnException(ErrorKind.Internal, message);
}
