namespace Cairn.Query;

/// <summary>
/// Cost and length of a path in one number, so that the better of two is the smaller: cost × 64 + associations. At most 32 associations of
/// at most 2^52 (<see cref="PathWeights.Cost"/>) each leave the sign alone.
/// </summary>
internal static class PathKey
{
    /// <summary>More than any key.</summary>
    public const long None = long.MaxValue;

    private const int LengthBits = 6;
    private const long LengthMask = (1L << LengthBits) - 1;

    /// <summary>The key of one association.</summary>
    public static long OfStep(long cost) => (cost << LengthBits) + 1;

    public static long Cost(long key) => key >> LengthBits;

    public static int Length(long key) => (int)(key & LengthMask);

    /// <summary>Whether a path is in no way worse than another between the same concepts.</summary>
    public static bool Dominates(long key, long other) => Cost(key) <= Cost(other) && Length(key) <= Length(other);
}
