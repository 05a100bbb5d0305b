using Cairn.Primitives;

namespace Cairn.Formats.Segments;

/// <summary>How readers of segments say that a file makes no sense: which, where, why.</summary>
internal static class SegmentDamage
{
    public static CairnException At(string name, long offset, string what) => new(ErrorKind.Corrupt, $"{name}, offset {offset}: {what}");

    /// <summary>Whole bytes of a later version of the format or of the engine.</summary>
    public static CairnException Later(string name, long offset, string what) =>
        new(ErrorKind.Corrupt, $"{name}, offset {offset}: written by a later version: {what}");
}
