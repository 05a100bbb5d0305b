using System.Diagnostics.CodeAnalysis;
using Cairn.Primitives;

namespace Cairn.Formats;

/// <summary>How every decoder here says that stored bytes make no sense.</summary>
internal static class Malformed
{
    [DoesNotReturn]
    public static void Throw(string what) => throw Because(what);

    public static CairnException Because(string what) => new(ErrorKind.Corrupt, $"malformed bytes: {what}");

    /// <summary>Whole bytes of a later version of the format: nothing to cut off, nothing to guess.</summary>
    public static CairnException Unsupported(string what, int found, int known) =>
        new(ErrorKind.Corrupt, $"it was written by a later version: {what} {found}, this program knows up to {known}");
}
